"""Recordings without phones: a folder of sound files, for measures that need no labels."""

from pathlib import Path

import numpy as np

from dystream_lab.evaluation.sets.utterance import Utterance
from dystream_lab.sync.sound import sound_frames

_SUFFIXES = (".wav", ".flac", ".ogg", ".mp3", ".m4a", ".g722")


def load(folder: Path) -> list[Utterance]:
    """The recordings of a folder by name, as the mean of their channels; the set has the name of the folder.

    Raises:
        ValueError: the folder holds no sound file, or one that cannot be read.
    """
    paths = sorted(path for path in folder.glob("*") if path.suffix.lower() in _SUFFIXES)
    if not paths:
        raise ValueError(f"no recordings in {folder}; accepted are files that end in {', '.join(_SUFFIXES)}")
    name = folder.resolve().name  # "." has none
    return [Utterance(path.stem, name, path.stem, _samples(path), ()) for path in paths]


def _samples(path: Path) -> np.ndarray:
    frames = list(sound_frames(path))
    return np.concatenate(frames) if frames else np.zeros(0, np.float32)
