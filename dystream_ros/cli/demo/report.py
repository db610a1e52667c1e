"""Figures of a recorded conversation: frames, and how late they were."""

import csv
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

PERCENTILES = (50, 95, 99)


@dataclass(frozen=True)
class Report:
    """What the nodes noted.

    Attributes:
        seconds: float64 (n,), time of each motion since the first one.
        processing, latency: float64 (n,), milliseconds; see FaceMotion.msg.
        dropped: motion frames that are missing between the first and the last.
        images_dropped: images that the head left out, None where it did not say.
        stages: p50, p95 and p99 of each stage of the work, in milliseconds, over the last seconds.
    """

    seconds: np.ndarray
    processing: np.ndarray
    latency: np.ndarray
    dropped: int
    images_dropped: int | None
    stages: dict[str, list[float]]

    @classmethod
    def read(cls, motion: Path, status: Path) -> "Report":
        """
        Raises:
            RuntimeError: there was no motion.
        """
        with motion.open(newline="") as file:
            rows = list(csv.DictReader(file))
        if not rows:
            raise RuntimeError(f"the head made no motion: {motion} is empty")
        stamps = np.array([float(row["stamp"]) for row in rows])
        frames = [int(row["frame"]) for row in rows]
        said = json.loads(status.read_text()) if status.exists() else {}
        return cls(
            seconds=stamps - stamps[0],
            processing=np.array([float(row["processing_ms"]) for row in rows]),
            latency=np.array([float(row["latency_ms"]) for row in rows]),
            dropped=frames[-1] - frames[0] + 1 - len(frames),
            images_dropped=said.get("images_dropped"),
            stages=said.get("stages_ms", {}),
        )

    @property
    def frames(self) -> int:
        return len(self.seconds)

    @property
    def frame_rate(self) -> float:
        """Frames per second."""
        return (self.frames - 1) / self.seconds[-1] if self.frames > 1 else 0.0

    def table(self) -> str:
        """For the terminal."""
        images = "?" if self.images_dropped is None else self.images_dropped
        lines = [
            f"frames {self.frames}   {self.frame_rate:.2f} frames/s   dropped: {self.dropped} frames, {images} images",
            "",
            f"{'milliseconds':<16}{'p50':>8}{'p95':>8}{'p99':>8}",
        ]
        rows = {name: np.percentile(getattr(self, name), PERCENTILES) for name in ("latency", "processing")}
        rows |= {f"  {name}": times for name, times in self.stages.items()}
        lines += [f"{name:<16}" + "".join(f"{time:8.1f}" for time in times) for name, times in rows.items()]
        return "\n".join(lines)
