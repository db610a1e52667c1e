"""Figures of a recorded conversation beside their targets, and what was unusual."""

import csv
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dystream_ros.cli.demo.load import Load

PERCENTILES = (50, 95, 99)
FRAME_RATE = 25.0
# A frame that takes longer than its own 40 ms makes the next one late.
LONGEST_PROCESSING = 40.0  # ms, of 95 % of the frames
LOWEST_FRAME_RATE = 24.5
MOST_IMAGES_DROPPED = 0.01  # share of the frames
MOST_OTHERS = 0.25  # share of the cores used by other programs; above it the figures do not describe the head
_WIDTH = 34
_MEANING = """\
processing: from the last audio sample that a frame needs to its motion; image: to its picture
latency: from the stamp of a frame to its motion, at least 40 ms and the lookahead"""


@dataclass(frozen=True)
class Report:
    """Figures of a recorded conversation.

    Attributes:
        seconds: float64 (n,), time of each motion since the first one.
        processing, latency: float64 (n,), milliseconds; see FaceMotion.msg.
        dropped: motion frames that are missing between the first and the last.
        images_dropped: images that the head left out; None without a status of the head.
        stages: p50, p95 and p99 of each processing stage, in milliseconds, over the last ten seconds.
        fallback: whether the head drew without OpenGL.
        load: processor load of the machine during the recording.
    """

    seconds: np.ndarray
    processing: np.ndarray
    latency: np.ndarray
    dropped: int
    images_dropped: int | None
    stages: dict[str, list[float]]
    fallback: bool
    load: Load

    @classmethod
    def read(cls, motion: Path, status: Path, load: Load) -> "Report":
        """Reads the files of a recording.

        Args:
            motion: CSV of the recorder.
            status: JSON of the terminal; may be missing.
            load: of the machine during the recording.
        Raises:
            RuntimeError: the recording has no motion.
        """
        with motion.open(newline="") as file:
            rows = list(csv.DictReader(file))
        if not rows:
            raise RuntimeError(f"the head made no motion: {motion} is empty")
        stamps = np.array([float(row["stamp"]) for row in rows])
        frames = [int(row["frame"]) for row in rows]
        summary = json.loads(status.read_text()) if status.exists() else {}
        return cls(
            seconds=stamps - stamps[0],
            processing=np.array([float(row["processing_ms"]) for row in rows]),
            latency=np.array([float(row["latency_ms"]) for row in rows]),
            dropped=frames[-1] - frames[0] + 1 - len(frames),
            images_dropped=summary.get("images_dropped"),
            stages=summary.get("stages_ms", {}),
            fallback=summary.get("counters", {}).get("rendering_fallback", 0) > 0,
            load=load,
        )

    @property
    def frames(self) -> int:
        """Motion frames in the recording."""
        return len(self.seconds)

    @property
    def frame_rate(self) -> float:
        """Frames per second."""
        return (self.frames - 1) / self.seconds[-1] if self.frames > 1 else 0.0

    def text(self) -> str:
        """Table of the figures and their targets for the terminal, followed by what was unusual, if anything."""
        wanted = f"p95 < {LONGEST_PROCESSING:.0f}"
        images = "?" if self.images_dropped is None else self.images_dropped
        lines = [
            f"{'':<{_WIDTH}}{'measured':>12}{'wanted':>12}",
            _row("motion frames", f"{self.frames}", ""),
            _row("frames per second", f"{self.frame_rate:.2f}", f"{FRAME_RATE:.2f}"),
            _row("motion frames dropped", f"{self.dropped}", "0"),
            _row("images dropped", f"{images}", f"<= {MOST_IMAGES_DROPPED:.0%}"),
            _row("cores used by all programs", f"{self.load.busy:.0%}", ""),
            _row("cores used by other programs", f"{self.load.others:.0%}", f"< {MOST_OTHERS:.0%}"),
            "",
            f"{'milliseconds':<{_WIDTH}}{'p50':>8}{'p95':>8}{'p99':>8}{'wanted':>12}",
            _times("processing, whole conversation", np.percentile(self.processing, PERCENTILES), wanted),
            _times("latency, whole conversation", np.percentile(self.latency, PERCENTILES), ""),
            *(_times(f"{name}, last 10 s", times, "") for name, times in self.stages.items()),
            "",
            _MEANING,
        ]
        unusual = self.unusual()
        if unusual:
            lines += ["", "unusual:", *(f"- {sentence}" for sentence in unusual)]
        return "\n".join(lines)

    def unusual(self) -> list[str]:
        """A sentence for each figure that misses its target; the cause first."""
        load, found = self.load, []
        if load.others > MOST_OTHERS:
            found.append(
                f"The machine was busy with other work: it used {load.others:.0%} of the {load.cores} cores (load "
                f"average before the demo: {load.average:.1f}). Repeat the demo when the machine is idle."
            )
        elif load.busy > 0.9:
            found.append(
                f"The machine is too slow for these settings: {load.busy:.0%} of its {load.cores} cores were in use. "
                "A smaller --size needs less processor time."
            )
        if self.fallback:
            found.append(
                "OpenGL is not available, so the photo was warped instead, which is slower and turns the head less; on "
                "Debian or Ubuntu: apt install libegl1 libgl1 libgl1-mesa-dri"
            )
        made = self.frames + self.dropped
        if self.images_dropped and self.images_dropped > MOST_IMAGES_DROPPED * made:
            found.append(
                f"{self.images_dropped} of {made} images were dropped, since drawing them took too long; the video "
                "repeats the image before each."
            )
        if self.dropped:
            found.append(f"{self.dropped} motion frames were dropped after stalls.")
        if self.frame_rate < LOWEST_FRAME_RATE:
            found.append(f"The head made {self.frame_rate:.2f} frames per second instead of {FRAME_RATE:.0f}.")
        if (p95 := float(np.percentile(self.processing, 95))) > LONGEST_PROCESSING:
            found.append(
                f"Processing took more than {p95:.0f} ms for 5 % of the frames; wanted are at most "
                f"{LONGEST_PROCESSING:.0f} ms."
            )
        return found


def _row(name: str, measured: str, wanted: str) -> str:
    return f"{name:<{_WIDTH}}{measured:>12}{wanted:>12}".rstrip()


def _times(name: str, percentiles: Sequence[float], wanted: str) -> str:
    shown = "".join(f"{time:8.1f}" for time in percentiles)
    return f"{name:<{_WIDTH}}{shown}{wanted:>12}".rstrip()
