"""Pictures of the comparison: curves over sound and phones, faces at phones, and operating curves of contacts."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib

matplotlib.use("Agg")  # files only, also on machines with a display
import matplotlib.pyplot as plt
import numpy as np

from dystream_lab.evaluation.measures import lips
from dystream_lab.evaluation.reports.comparison import LipResult
from dystream_lab.evaluation.sets.target import target_of
from dystream_lab.evaluation.sets.utterance import Utterance
from dystream_lab.rates import CURVE_RATE, FRAME_RATE, SAMPLE_RATE
from dystream_lab.teacher.articulation import ARTICULATIONS
from dystream_ros.face.aperture import aperture
from dystream_ros.face.arkit import ARKIT_INDEX
from dystream_ros.face.motion import MotionFrame

_ROUNDING = [ARKIT_INDEX["mouthPucker"], ARKIT_INDEX["mouthFunnel"]]
_LONGEST = 5.0  # s of a recording that are drawn
_VISIBLE = ("P", "B", "M", "F", "V", *lips.ROUNDED, "AA", "AE", "AO", "AY", "AW", "IY", "EY")
_FACES = 16
_PORTRAIT = "astronaut"
_SIZE = 512
_MOUTH = (0.44, 0.72), (0.33, 0.61)  # range of the picture's height and width: from nose to chin
_UNDRAWN = ("oracle", "6 Hz oscillator", "other utterance")  # equal to the teacher's curve, or independent of the sound
_COLOURS = {"lips": "tab:red", "teeth": "tab:green", "": "0.5"}


def draw(group: str, by_row: Mapping[str, LipResult], utterances: Sequence[Utterance], folder: Path) -> None:
    """Writes `curves-SET.jpg`, `operating-SET.jpg`, and `strip-SET.jpg` of the first row and the oracle."""
    folder.mkdir(parents=True, exist_ok=True)
    motions = {name: result.motions for name, result in by_row.items()}
    draw_curves(utterances, motions, folder / f"curves-{group}.jpg")
    draw_operating({name: result.curves for name, result in by_row.items()}, group, folder / f"operating-{group}.jpg")
    number = _chosen(utterances)[0]
    shown = {name: motions[name][number] for name in (next(iter(motions)), "oracle") if name in motions}
    draw_strip(utterances[number], shown, folder / f"strip-{group}.jpg")


def draw_curves(utterances: Sequence[Utterance], motions: Mapping[str, Sequence[np.ndarray]], output: Path) -> None:
    """Draws spectrogram, aperture and rounding of the rows, for one recording of each of up to three voices."""
    chosen = _chosen(utterances)
    figure, axes = plt.subplots(
        3 * len(chosen), 1, figsize=(15, 7.2 * len(chosen)), height_ratios=[1, 1.6, 1] * len(chosen),
        layout="constrained",
    )  # fmt: skip
    for place, number in enumerate(chosen):
        part = axes[3 * place : 3 * place + 3]
        _draw_recording(part, utterances[number], {name: made[number] for name, made in motions.items()})
    figure.savefig(output, dpi=75)
    plt.close(figure)


def _chosen(utterances: Sequence[Utterance]) -> list[int]:
    """Indices of one recording of each of up to three voices, chosen by position, not by result."""
    voices = list(dict.fromkeys(utterance.voice for utterance in utterances))
    chosen = []
    for place in sorted({0, len(voices) // 2, len(voices) - 1}):
        own = [number for number, utterance in enumerate(utterances) if utterance.voice == voices[place]]
        chosen.append(own[len(own) // 2])
    return chosen


def _draw_recording(axes: Sequence[plt.Axes], utterance: Utterance, motions: Mapping[str, np.ndarray]) -> None:
    sound, gap, rounding = axes
    end = min(utterance.frames / FRAME_RATE, _LONGEST)
    # Dither avoids the logarithm of 0 in digital silence.
    samples = utterance.samples + 1e-5 * np.random.default_rng(0).standard_normal(len(utterance.samples))
    sound.specgram(samples, NFFT=400, noverlap=320, Fs=SAMPLE_RATE, vmin=-120, vmax=-40, cmap="magma")
    sound.set(ylabel="[Hz]", title=f"{utterance.voice}: {utterance.name}")
    reference = target_of(utterance).curves
    time = np.arange(len(reference)) / CURVE_RATE
    gap.plot(time, aperture(reference), color="black", linewidth=2.5, alpha=0.35, label="teacher, true phones")
    rounding.plot(time, reference[:, _ROUNDING].sum(1), color="black", linewidth=2.5, alpha=0.35)
    for name, motion in motions.items():
        if name in _UNDRAWN:
            continue
        width = 1.8 if name == next(iter(motions)) else 0.8
        gap.plot(utterance.frame_times, aperture(motion[:, :52]), linewidth=width, label=name)
        rounding.plot(utterance.frame_times, motion[:, _ROUNDING].sum(1), linewidth=width)
    gap.axhline(lips.CLOSED, color="0.4", linestyle=":", linewidth=1)
    for start, stop, phone in utterance.phones:
        contact = ARTICULATIONS[phone].contact if phone in ARTICULATIONS else ""
        if contact:
            gap.axvspan(start, stop, color=_COLOURS[contact], alpha=0.12)
        if phone in ARTICULATIONS and stop < end:
            gap.text((start + stop) / 2, 0.97, phone, ha="center", va="top", fontsize=8, color=_COLOURS[contact],
                     transform=gap.get_xaxis_transform())  # fmt: skip
    gap.set(ylabel="aperture [full opening]", ylim=(0, None))
    gap.legend(loc="upper right", fontsize=7, ncols=4, bbox_to_anchor=(1, 0.9))
    rounding.set(ylabel="pucker + funnel", xlabel="time [s]", ylim=(0, None))
    for axis in axes:
        axis.set_xlim(0, end)


def draw_strip(utterance: Utterance, motions: Mapping[str, np.ndarray], output: Path) -> None:
    """Draws the mouth of each row in the middle of the first visible phones, side by side."""
    from dystream_ros.rendering.backend import open_renderer

    visible = [interval for interval in utterance.phones if interval[2] in _VISIBLE][:_FACES]
    renderer = open_renderer(_PORTRAIT, _SIZE, _SIZE)
    part = slice(*(int(share * _SIZE) for share in _MOUTH[0])), slice(*(int(share * _SIZE) for share in _MOUTH[1]))
    figure, axes = plt.subplots(
        len(motions), len(visible), figsize=(1.15 * len(visible), 1.35 * len(motions)), squeeze=False,
        layout="constrained",
    )  # fmt: skip
    try:
        for line, (name, motion) in zip(axes, motions.items()):
            for axis, (start, end, phone) in zip(line, visible):
                frame = min(int((start + end) / 2 * FRAME_RATE), len(motion) - 1)
                values = motion[frame, :52]
                picture = renderer.render(MotionFrame(frame, values, np.zeros(6, np.float32)))
                axis.imshow(picture[part][..., ::-1])
                axis.set_title(f"{phone} {aperture(values):.2f}", fontsize=7, pad=1)
                axis.set_xticks([])
                axis.set_yticks([])
            line[0].set_ylabel(name, fontsize=7)
    finally:
        renderer.close()
    figure.savefig(output, dpi=110)
    plt.close(figure)


def draw_operating(curves: Mapping[str, Mapping[str, Mapping[str, list[float]]]], group: str, output: Path) -> None:
    """Draws contacts reached over false contacts for each row, along the threshold; a dot at CLOSED."""
    figure, axes = plt.subplots(1, len(lips.CONTACTS), figsize=(12, 4.8), layout="constrained")
    for axis, contact, phones in zip(axes, lips.CONTACTS, ("P, B, M", "F, V")):
        for name, by_contact in curves.items():
            curve = by_contact[contact]
            line = axis.plot(curve["false"], curve["reached"], linewidth=1.4, label=name)[0]
            place = round(lips.CLOSED / lips.STEP)
            axis.plot(curve["false"][place], curve["reached"][place], "o", color=line.get_color(), markersize=4)
        axis.axvline(lips.CAP, color="0.4", linestyle=":", linewidth=1)
        axis.set(
            xlim=(0, 5), ylim=(0, 1.02), xlabel="false contacts [frames per second of speech]",
            ylabel=f"contact reached in {phones}", title=f"{group}: {phones}",
        )  # fmt: skip
    axes[0].legend(loc="lower right", fontsize=8)
    figure.savefig(output, dpi=80)
    plt.close(figure)
