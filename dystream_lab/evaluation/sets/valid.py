"""Set "valid": the validation voices of a corpus, on which thresholds are chosen and ablations compared."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from dystream_lab.evaluation.sets.synthetic import AFTER, BEFORE
from dystream_lab.evaluation.sets.utterance import Utterance
from dystream_lab.rates import HOP, SAMPLE_RATE
from dystream_lab.speech.phones import SILENCE, UNKNOWN, Interval

GROUP = "valid"
NO_PHONES = (
    "the speech of the corpus in {corpus} has no phones, as of videos; give a corpus of `dystream corpus FOLDER`, or "
    "leave out the set valid and the section chance"
)
_GAP = 1.0  # s of silence between two utterances
_SHORTEST = 1.5  # s of an utterance
_CLIPS = 12


def load(corpus: Path, clips: int = _CLIPS) -> list[Utterance]:
    """Utterances of both parties of the first validation clips, cut from the augmented channels.

    Raises:
        FileNotFoundError: there is no corpus.
        ValueError: it has no validation clips, or no phones, as a corpus from videos.
    """
    path = Path(corpus) / "index.json"
    if not path.exists():
        raise FileNotFoundError(f"no corpus in {corpus} (no index.json): build one with `dystream corpus`")
    entries = [entry for entry in json.loads(path.read_text())["clips"] if entry["split"] == "valid"][:clips]
    if not entries:
        raise ValueError(f"the corpus in {corpus} has no validation clips")
    found = [utterance for entry in entries for utterance in _of_clip(Path(corpus) / "clips" / entry["id"], entry)]
    if any(phone == UNKNOWN for utterance in found for _, _, phone in utterance.phones):
        raise ValueError(NO_PHONES.format(corpus=corpus))
    return found


def _of_clip(folder: Path, entry: dict) -> list[Utterance]:
    sound = np.load(folder / "audio.npy", mmap_mode="r")
    found = []
    for party, labels in enumerate(json.loads((folder / "labels.json").read_text())):
        for number, phones in enumerate(_segments(labels["phones"])):
            begin = round(max(0.0, phones[0][0] - BEFORE) * SAMPLE_RATE) // HOP * HOP
            end = min(len(sound), round((phones[-1][1] + AFTER) * SAMPLE_RATE))
            samples = np.asarray(sound[begin:end, party], np.float32) / 32768.0
            shift = begin / SAMPLE_RATE
            moved = tuple((start - shift, stop - shift, phone) for start, stop, phone in phones)
            name = f"{entry['id']}-{party}-{number:02d}"
            found.append(Utterance(name, GROUP, entry["voices"][party], samples, moved))
    return found


def _segments(phones: Sequence[Sequence]) -> list[list[Interval]]:
    """Phones between silences of `_GAP`; utterances below `_SHORTEST` are left out."""
    segments: list[list[Interval]] = []
    for start, end, phone in phones:
        if phone == SILENCE:
            continue
        if not segments or start - segments[-1][-1][1] > _GAP:
            segments.append([])
        segments[-1].append((start, end, phone))
    return [segment for segment in segments if segment[-1][1] - segment[0][0] >= _SHORTEST]
