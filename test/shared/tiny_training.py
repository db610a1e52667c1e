"""A corpus of two clips and settings with which the compact model trains in seconds."""

import csv
import json
from pathlib import Path

import numpy as np

from dystream_lab.training.config import TrainingConfig
from dystream_ros.face.arkit import ARKIT_INDEX
from dystream_ros.models.compact.config import CompactConfig

MODEL = CompactConfig(
    self_channels=24,
    other_channels=16,
    self_features=32,
    other_features=16,
    width=32,
    blocks=1,
    window=20,
    head_width=32,
)
CONFIG = TrainingConfig(
    steps=6,
    batch=4,
    frames=40,
    encoder_steps=1,
    encoder_batch=4,
    encoder_frames=40,
    warmup=2,
    save_every=3,
    rate=3e-3,
    bfloat16=False,
)


def write_clip(root: Path, name: str, sound: np.ndarray, motion: np.ndarray, labels: list[dict]) -> None:
    """A clip of a corpus: sound (n, 2), -1 to 1, motion (parties, frames, 58), and labels of both parties."""
    folder = root / "clips" / name
    folder.mkdir(parents=True)
    np.save(folder / "audio.npy", (32767 * sound).astype(np.int16))
    np.save(folder / "motion.npy", motion)
    (folder / "labels.json").write_text(json.dumps(labels))


def write_index(root: Path, clips: list[dict]) -> None:
    """The index of a corpus."""
    index = {"hop": 640, "frames_per_second": 25, "motion_names": [], "clips": clips}
    (root / "index.json").write_text(json.dumps(index))


def write_corpus(root: Path) -> None:
    """Two clips of 10 s in which the jaw of a party is open exactly while it sounds."""
    rng = np.random.default_rng(0)
    clips = []
    for name, split in (("a", "train"), ("b", "valid")):
        frames = 250
        open_now = np.repeat(rng.random((frames // 10, 2)) > 0.5, 10, axis=0)  # (frames, party)
        sound = 0.1 * np.repeat(open_now, 640, axis=0) * rng.standard_normal((frames * 640, 2))
        motion = np.zeros((2, frames, 58), np.float32)
        motion[:, :, ARKIT_INDEX["jawOpen"]] = 0.5 * open_now.T
        write_clip(root, name, sound, motion, [{"phones": [[0.0, 10.0, "AA"]]}] * 2)
        clips.append({"id": name, "split": split, "frames": frames})
    write_index(root, clips)


def logged(run: Path, split: str) -> list[dict[str, str]]:
    """Lines of a run's log of one split."""
    with (run / "log.csv").open() as file:
        return [row for row in csv.DictReader(file) if row["split"] == split]
