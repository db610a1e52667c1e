"""The row contract, and the rows by name."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np

from dystream_lab.evaluation.sets.utterance import Utterance


class Row(Protocol):
    """Makes motion for recordings: one of our models, a bound, a baseline, a peer, or files.

    Attributes:
        name: its name in the table.
        seeds: number of different motions it makes of a recording; 1 for a deterministic row.
    """

    name: str
    seeds: int

    def motions(self, utterances: Sequence[Utterance], seed: int) -> list[np.ndarray]:
        """Of each recording float32 (frames, 58), MOTION_NAMES order, at the middle of each frame."""
        ...


# Each row is imported on request: a peer's package is needed for its row only.
def _oracle(seeds: int, cache: Path) -> Row:
    from dystream_lab.evaluation.rows.oracle import OracleRow

    return OracleRow()


def _oscillator(seeds: int, cache: Path) -> Row:
    from dystream_lab.evaluation.rows.oscillator import OscillatorRow

    return OscillatorRow(seeds)


def _loudness(seeds: int, cache: Path) -> Row:
    from dystream_lab.evaluation.rows.loudness import LoudnessRow

    return LoudnessRow()


def _other_utterance(seeds: int, cache: Path) -> Row:
    from dystream_lab.evaluation.rows.other_utterance import OtherUtteranceRow

    return OtherUtteranceRow(seeds)


def _cascade(seeds: int, cache: Path) -> Row:
    from dystream_lab.evaluation.rows.cascade import CascadeRow

    return CascadeRow()


def _openfacefx(seeds: int, cache: Path) -> Row:
    from dystream_lab.evaluation.rows.openfacefx import OpenFaceFxRow

    return OpenFaceFxRow()


def _headaudio(seeds: int, cache: Path) -> Row:
    from dystream_lab.evaluation.rows.headaudio import HeadAudioRow

    return HeadAudioRow(cache)


_ROWS: dict[str, Callable[[int, Path], Row]] = {
    "oracle": _oracle,
    "oscillator": _oscillator,
    "loudness": _loudness,
    "other-utterance": _other_utterance,
    "cascade": _cascade,
    "openfacefx": _openfacefx,
    "headaudio": _headaudio,
}
BASELINES = tuple(_ROWS)
SOUND_ONLY = ("oscillator", "loudness", "cascade", "headaudio")  # rows that do not use the labels


def create(name: str, seeds: int, cache: Path) -> Row:
    """A row that needs none of our models.

    Args:
        name: of `BASELINES`.
        seeds: of rows that are random.
        cache: folder into which packages are fetched.

    Raises:
        ValueError: unknown name.
        RuntimeError: a package or program that the row needs is not installed.
    """
    if name not in _ROWS:
        raise ValueError(f"no row {name!r}; there are {', '.join(BASELINES)}")
    return _ROWS[name](seeds, cache)


def create_all(names: Sequence[str], seeds: int, cache: Path) -> list[Row]:
    """Rows of these names, in order."""
    return [create(name, seeds, cache) for name in names]
