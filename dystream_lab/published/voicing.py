"""Who speaks in the clips of a corpus, by the gate of a live session, and tracks as that gate passes them.

A live session mutes a party that does not speak, and tracks the statistics of its voice only while it speaks. Training
receives the same: the gate runs over each conversation once, with the chunks of a live session, and its decisions are
kept on disk.
"""

import hashlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dystream_ros.models.released.networks.configuration import FEATURE_HOP, HOP
from dystream_ros.models.released.streaming.silence_gate import RAMP, SilenceGate

_FOLDER = "voiced"


def voiced_units(sound: NDArray[np.float32], lookahead: int) -> NDArray[np.uint8]:
    """Whether a live session takes each unit of 320 samples for speech, uint8 (n // 320,).

    Args:
        sound: float32 (n,), a whole number of frames and the lookahead.
        lookahead: samples, a multiple of 320; the first chunk of a session.
    """
    gate = SilenceGate()
    starts = [0, *range(lookahead, len(sound), HOP)] if lookahead else list(range(0, len(sound), HOP))
    units = np.zeros(len(sound) // FEATURE_HOP, np.uint8)
    for start, end in zip(starts, [*starts[1:], len(sound)]):
        units[start // FEATURE_HOP : end // FEATURE_HOP] = gate.gate(sound[start:end])[1]
    return units


def gated(sound: NDArray[np.float32], voiced: NDArray[np.uint8], before: int) -> NDArray[np.float32]:
    """A track as the gate passes it.

    Args:
        sound: float32 (320 u,).
        voiced: (u,), of its units.
        before: that of the unit before the first.
    """
    gain = np.repeat(voiced.astype(np.float32), FEATURE_HOP)
    last = np.concatenate(([before], voiced[:-1]))
    for unit in np.flatnonzero(last != voiced):
        ramp = np.linspace(float(last[unit]), float(voiced[unit]), RAMP, dtype=np.float32)
        gain[unit * FEATURE_HOP : unit * FEATURE_HOP + RAMP] = ramp
    return sound * gain


class Voicing:
    """Decisions of the gate on the clips of a corpus, computed when first needed.

    Args:
        corpus: folder of the corpus.
        folder: of the run; the decisions are kept in `voiced/` in it, those of each corpus and lookahead apart.
        lookahead: of the live session, samples.
    """

    def __init__(self, corpus: Path, folder: Path, lookahead: int) -> None:
        self._corpus, self._lookahead = corpus, lookahead
        origin = hashlib.sha256(f"{corpus.resolve()} {lookahead}".encode()).hexdigest()[:12]
        self._folder = folder / _FOLDER / origin
        self._known: dict[str, NDArray[np.uint8]] = {}

    def units(self, name: str) -> NDArray[np.uint8]:
        """Uint8 (2, units), of both parties of clip `name` and the silence after it."""
        if name not in self._known:
            path = self._folder / f"{name}.npy"
            if not path.is_file() or path.stat().st_mtime < self._sound(name).stat().st_mtime:
                self._folder.mkdir(parents=True, exist_ok=True)
                partial = path.with_suffix(f".{np.random.default_rng().integers(1 << 30)}.npy")
                np.save(partial, self._computed(name))
                partial.replace(path)
            self._known[name] = np.load(path)
        return self._known[name]

    def _sound(self, name: str) -> Path:
        return self._corpus / "clips" / name / "audio.npy"

    def _computed(self, name: str) -> NDArray[np.uint8]:
        sound = np.load(self._sound(name), mmap_mode="r")
        frames = len(sound) // HOP
        tracks = np.zeros((2, frames * HOP + self._lookahead), np.float32)
        tracks[:, : frames * HOP] = sound[: frames * HOP].T.astype(np.float32) / 32768.0
        return np.stack([voiced_units(track, self._lookahead) for track in tracks])
