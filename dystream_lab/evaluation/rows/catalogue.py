"""The rows by name."""

from collections.abc import Sequence
from pathlib import Path

from dystream_lab.evaluation.utterance import Row

BASELINES = ("oracle", "oscillator", "loudness", "other-utterance", "cascade", "openfacefx", "headaudio")


def create(name: str, seeds: int, cache: Path) -> Row:
    """A row that needs no model of ours; packages that it needs are fetched into the cache.

    Raises ValueError for an unknown name, RuntimeError when something that it needs is not installed.
    """
    if name == "oracle":
        from dystream_lab.evaluation.rows.oracle import OracleRow

        return OracleRow()
    if name == "oscillator":
        from dystream_lab.evaluation.rows.oscillator import OscillatorRow

        return OscillatorRow(seeds)
    if name == "loudness":
        from dystream_lab.evaluation.rows.loudness import LoudnessRow

        return LoudnessRow()
    if name == "other-utterance":
        from dystream_lab.evaluation.rows.other_utterance import OtherUtteranceRow

        return OtherUtteranceRow(seeds)
    if name == "cascade":
        from dystream_lab.evaluation.rows.cascade import CascadeRow

        return CascadeRow()
    if name == "openfacefx":
        from dystream_lab.evaluation.rows.openfacefx import OpenFaceFxRow

        return OpenFaceFxRow()
    if name == "headaudio":
        from dystream_lab.evaluation.rows.headaudio import HeadAudioRow

        return HeadAudioRow(cache)
    raise ValueError(f"no row {name!r}; there are {', '.join(BASELINES)}")


def create_all(names: Sequence[str], seeds: int, cache: Path) -> list[Row]:
    """Rows of these names, in order."""
    return [create(name, seeds, cache) for name in names]
