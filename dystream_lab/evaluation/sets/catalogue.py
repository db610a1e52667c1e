"""The sets by name."""

from collections.abc import Sequence
from pathlib import Path

from dystream_lab.evaluation.sets import asterisk, russian, synthetic, valid
from dystream_lab.evaluation.sets.utterance import Utterance
from dystream_lab.rates import SAMPLE_RATE

SETS = ("valid", "synthetic", "real", "russian")


def load(name: str, cache: Path, corpus: Path | None) -> Sequence[Utterance]:
    """The utterances of a set; what the cache lacks is fetched or synthesized. `corpus` holds the validation voices.

    Raises ValueError for an unknown name or a missing corpus, and what the set itself raises.
    """
    if name == "valid":
        if corpus is None:
            raise ValueError("the set valid is cut from a corpus: give --corpus FOLDER, or leave it out of --sets")
        return valid.load(corpus)
    loaders = {"synthetic": synthetic.load, "real": asterisk.load, "russian": russian.load}
    if name not in loaders:
        raise ValueError(f"no set {name!r}; there are {', '.join(SETS)}")
    return loaders[name](cache)


def write_sounds(utterances: Sequence[Utterance], folder: Path) -> None:
    """`<folder>/<set>/<name>.wav`, for whoever makes motion for them elsewhere."""
    import soundfile

    for utterance in utterances:
        path = folder / utterance.group / f"{utterance.name}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, utterance.samples, SAMPLE_RATE, subtype="PCM_16")
