"""Pictures of a recorded conversation."""

from collections.abc import Sequence
from pathlib import Path

import av
import matplotlib

matplotlib.use("Agg")  # draws into files, with or without a display
import matplotlib.pyplot as plt
import numpy as np

from dystream_ros.audio.resample import MEDIA_RATE
from dystream_ros.cli.demo.report import PERCENTILES, Report

LONGEST = 60.0  # s; the film strip shows the beginning of a longer conversation
FRAMES = 16
_PARTIES = ("self", "other")


def draw_filmstrip(video: Path, output: Path) -> None:
    """Frames of a video above the spectrograms of its two channels of sound, one per party, on one time axis."""
    seconds = min(_seconds(video), LONGEST)
    times = (np.arange(FRAMES) + 0.5) * seconds / FRAMES
    pictures = _pictures_at(video, times)
    sound = _sound(video, seconds)

    figure, axes = plt.subplots(
        3, 1, figsize=(24, 6.4), height_ratios=(24 / FRAMES, 2, 2), sharex=True, layout="constrained"
    )
    width = seconds / FRAMES
    for time, picture in zip(times, pictures, strict=True):
        axes[0].imshow(picture, extent=(time - width / 2, time + width / 2, 0, 1), aspect="auto")
    axes[0].set_axis_off()
    for axis, party, samples in zip(axes[1:], _PARTIES, sound, strict=True):
        # Dither: the logarithm of digital silence is minus infinity.
        samples = samples + 1e-5 * np.random.default_rng(0).standard_normal(samples.size).astype(np.float32)
        axis.specgram(samples, NFFT=512, noverlap=352, Fs=MEDIA_RATE, vmin=-110, vmax=-40, cmap="magma")
        axis.vlines(times, 0, MEDIA_RATE / 2, color="white", linewidth=0.5, alpha=0.5)
        axis.set(ylabel=f"{party} [Hz]", ylim=(0, MEDIA_RATE / 2), xlim=(0, seconds))
    axes[-1].set_xlabel("time [s]")
    figure.savefig(output, dpi=160)
    plt.close(figure)


def draw_latency(report: Report, output: Path) -> None:
    """Latency and processing of each frame over time, and their histograms."""
    figure, (over_time, histogram) = plt.subplots(
        1, 2, figsize=(14, 4.5), width_ratios=(3, 1), sharey=True, layout="constrained"
    )
    for name, values, colour in (
        ("latency", report.latency, "tab:blue"),
        ("processing", report.processing, "tab:orange"),
    ):
        quantiles = np.percentile(values, PERCENTILES)
        label = f"{name}: " + ", ".join(f"p{p} {q:.0f} ms" for p, q in zip(PERCENTILES, quantiles, strict=True))
        over_time.plot(report.seconds, values, ".", markersize=3, color=colour, label=label)
        histogram.hist(values, bins=60, orientation="horizontal", color=colour, alpha=0.8)
    over_time.set(xlabel="time [s]", ylabel="[ms]", ylim=(0, None), title="delay of each motion frame")
    over_time.legend(loc="upper right")
    histogram.set(xlabel="frames")
    figure.savefig(output, dpi=100)
    plt.close(figure)


def _seconds(video: Path) -> float:
    with av.open(str(video)) as container:
        return container.duration / av.time_base


def _pictures_at(video: Path, times: Sequence[float]) -> list[np.ndarray]:
    """The picture shown at each of the rising times: uint8 (height, width, 3), RGB."""
    wanted = list(times)
    pictures = []
    with av.open(str(video)) as container:
        for frame in container.decode(video=0):
            shown = frame
            while len(pictures) < len(wanted) and frame.time >= wanted[len(pictures)]:
                pictures.append(frame.to_ndarray(format="rgb24"))
            if len(pictures) == len(wanted):
                return pictures
    return pictures + [shown.to_ndarray(format="rgb24")] * (len(wanted) - len(pictures))


def _sound(video: Path, seconds: float) -> np.ndarray:
    """Float32 (2, n) at MEDIA_RATE: the first `seconds` of the sound."""
    resampler = av.AudioResampler("fltp", "stereo", MEDIA_RATE)
    parts = []
    with av.open(str(video)) as container:
        for frame in container.decode(audio=0):
            parts += [part.to_ndarray() for part in resampler.resample(frame)]
            if frame.time > seconds:
                break
    return np.concatenate(parts, axis=1)[:, : round(seconds * MEDIA_RATE)]
