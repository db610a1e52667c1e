"""Sound against face: python -m benchmarks.sound_and_face (after `source scripts/env.sh`; needs pulseaudio).

A voice whose clock is 100 ppm fast goes through the head. `speaker` plays self/audio_aligned on a null sink of a real
sound server, whose monitor is recorded; another process receives the images. Each image is compared with the sound of
its frame: the instant at which that sound comes out of the sink, minus that at which the image is received.
"""

import argparse
import json
import os
import subprocess
import threading
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.sound_nodes import SINK, WARM_UP, sounding_nodes
from benchmarks.sound_probe import RATE
from dystream_ros.cli.measuring import quantiles

WANTED = 20.0  # ms around the median
_WINDOW = 0.25  # s of sound that is looked for
_STEP = 0.5  # s between two of them
_SEARCH = 1.5  # s around the instant of arrival
_SURE = 0.8  # normalised correlation of a place that counts
_LATENCY = 10  # ms of the recording: the resolution of the measurement


class Recording:
    """The monitor of a sink, read in a thread of its own; `samples` and `reads` are complete after `stop`.

    Attributes:
        samples: int16 (n,) at RATE.
        reads: int64 (r, 2): index of the first sample of each read, and its steady time in ns.
    """

    def __init__(self, source: str, environment: dict[str, str]) -> None:
        command = ["parec", f"--device={source}", f"--rate={RATE}", "--channels=1", "--format=s16le", "--raw"]
        command.append(f"--latency-msec={_LATENCY}")
        self._process = subprocess.Popen(command, env=os.environ | environment, stdout=subprocess.PIPE)
        self._data = bytearray()
        self._reads: list[tuple[int, int]] = []
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the recording."""
        self._process.terminate()
        self._process.wait()
        self._thread.join()
        self.samples = np.frombuffer(bytes(self._data[: len(self._data) // 2 * 2]), np.int16)
        self.reads = np.array(self._reads, np.int64)

    def _read(self) -> None:
        assert self._process.stdout is not None
        while data := os.read(self._process.stdout.fileno(), 65536):
            self._reads.append((len(self._data) // 2, time.monotonic_ns()))
            self._data += data


def measure(minutes: float = 10.0, ppm: float = 100.0, speaker: tuple[str, ...] = ()) -> dict[str, object]:
    """Run the head, the loudspeaker and both recorders for some minutes.

    Args:
        ppm: by how much the clock of the voice is fast.
        speaker: command line of the speaker, e.g. "-p", "sync_offset_ms:=40.0".

    Raises:
        RuntimeError: a node ended, or too little of the sound was found in the recording.
    """
    with sounding_nodes() as stage:
        stage.start("dystream_ros.nodes.head", "--ros-args", "-p", "self_mode:=live")
        names = ("-r", "audio:=self/audio_aligned", "-p", f"device:={SINK}")
        stage.start("dystream_ros.nodes.speaker", "--ros-args", *names, *speaker, sound=True)
        recording = Recording(f"{SINK}.monitor", stage.sound)
        output = stage.folder / "probe.npz"
        probe = stage.start("benchmarks.sound_probe", str(output), str(ppm))
        load = stage.run(minutes)
        probe.stop()
        recording.stop()
        with np.load(output) as probed:
            figures = evaluate(probed["aligned"], probed["chunks"], probed["images"], recording)
    return {"minutes": minutes, "source_ppm": ppm, **load, **figures}


def evaluate(
    aligned: NDArray[np.int16], chunks: NDArray[np.int64], images: NDArray[np.int64], recording: Recording
) -> dict[str, object]:
    """Offsets in ms, positive where the sound comes after the face; arrays as `SoundProbe` writes them.

    Raises:
        RuntimeError: fewer than ten places of the sound were found in the recording.
    """
    stamps, indices, _ = chunks.T
    places, heard = heard_places(aligned, chunks, recording)
    position = np.interp(images[:, 0], stamps, indices)
    inside = (position >= places[0]) & (position <= places[-1])
    sound = np.interp(position[inside], places, heard)
    offset = (sound - images[inside, 1]) / 1e6
    tenth = max(1, offset.size // 10)
    middle = float(np.median(offset))
    return {
        "images": int(inside.sum()),
        "places": len(places),
        "offset_ms": quantiles(offset),
        "deviation_from_median_ms": quantiles(np.abs(offset - middle)),
        "within_20_ms_percent": round(100 * float(np.mean(np.abs(offset - middle) <= WANTED)), 2),
        "drift_ms": round(float(np.median(offset[-tenth:]) - np.median(offset[:tenth])), 2),
        "sound_jitter_ms": quantiles(np.abs(_detrended(places, heard))),
    }


def heard_places(
    aligned: NDArray[np.int16], chunks: NDArray[np.int64], recording: Recording
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Indices of samples of `aligned`, and the steady times in ns at which they come out of the sink.

    Raises:
        RuntimeError: fewer than ten places of the sound were found in the recording.
    """
    _, indices, arrivals = chunks.T
    origin = _origin(recording.reads)
    places, heard, strength = [], [], []
    for at in np.arange(WARM_UP * RATE, aligned.size - 2 * RATE, _STEP * RATE).astype(int):
        expected = (np.interp(at, indices, arrivals) - origin(arrivals[np.searchsorted(indices, at) - 1])) / 1e9 * RATE
        place, sure = _find(aligned[at : at + int(_WINDOW * RATE)], recording.samples, int(expected))
        strength.append(sure)
        if sure > _SURE:
            places.append(at)
            steady = np.interp(place, *recording.reads.T)
            heard.append(origin(steady) + place / RATE * 1e9)
    if len(places) < 10:
        best = max(strength, default=0.0)
        raise RuntimeError(
            f"the sound was found at {len(places)} places only, with a correlation of {best:.2f} at best"
        )
    return np.array(places), np.array(heard)


def _origin(reads: NDArray[np.int64]):
    """The steady time at which sample 0 would have come out of the sink, by the steady time of a read, both in ns.

    A sink renders a block when its first sample is due, so the earliest read of a stretch is the best one.
    """
    times = reads[:, 1].astype(float)
    delayed = times - reads[:, 0] / RATE * 1e9
    ends = np.arange(times[0], times[-1] + 1e10, 1e10)
    parts = [delayed[(times >= begin) & (times < begin + 1e10)] for begin in ends]
    kept = [(begin + 5e9, part.min()) for begin, part in zip(ends, parts, strict=True) if part.size]
    return lambda steady: float(np.interp(steady, *zip(*kept, strict=True)))


def _find(wanted: NDArray[np.int16], recorded: NDArray[np.int16], expected: int) -> tuple[int, float]:
    """Where a stretch of sound begins in a recording, and the normalised correlation there."""
    first = max(0, expected - int(_SEARCH * RATE))
    part = recorded[first : expected + wanted.size + int(_SEARCH * RATE)].astype(float)
    if part.size < wanted.size or not wanted.any():
        return 0, 0.0
    stretch = wanted.astype(float)
    size, count = part.size + stretch.size, part.size - stretch.size + 1
    product = np.fft.irfft(np.fft.rfft(part, size) * np.conj(np.fft.rfft(stretch, size)), size)[:count]
    power = np.concatenate([[0.0], np.cumsum(part**2)])
    energy = np.sqrt(power[stretch.size :] - power[: -stretch.size])
    likeness = product / (energy * np.linalg.norm(stretch) + stretch.size)
    place = int(likeness.argmax())
    return first + place, float(likeness[place])


def _detrended(places: NDArray[np.int64], heard: NDArray[np.float64]) -> NDArray[np.float64]:
    """Deviation in ms of the instants from a constant rate."""
    line = np.polyfit(places - places[0], heard - heard[0], 1)
    return np.asarray((heard - heard[0] - np.polyval(line, places - places[0])) / 1e6, np.float64)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sound_and_face", description=__doc__.partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=10.0, help="of measurement (default %(default)s)")
    parser.add_argument("--ppm", type=float, default=100.0, help="by how much the voice is fast (default %(default)s)")
    parser.add_argument("--output", type=Path, help="JSON file for the figures")
    parser.add_argument("speaker", nargs="*", help="of the speaker, after --, e.g. -- -p sync_offset_ms:=40.0")
    args = parser.parse_args()
    figures = measure(args.minutes, args.ppm, tuple(args.speaker))
    text = json.dumps(figures, indent=1)
    print(text)
    if args.output:
        args.output.write_text(text + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
