"""The validation voices of a corpus: what thresholds, ablations and training are steered by."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from dystream_lab.evaluation.sets.synthetic import AFTER, BEFORE
from dystream_lab.evaluation.sets.utterance import Utterance
from dystream_lab.rates import HOP, SAMPLE_RATE
from dystream_lab.speech.phones import SILENCE, Interval

GROUP = "valid"
_GAP = 1.0  # seconds of silence that part two utterances
_SHORTEST = 1.5  # seconds
_CLIPS = 12


def load(corpus: Path, clips: int = _CLIPS) -> list[Utterance]:
    """Utterances of both parties of the first validation clips, cut from their channels with all that is in them.

    Raises FileNotFoundError without a corpus, ValueError when it has no validation clips.
    """
    path = Path(corpus) / "index.json"
    if not path.exists():
        raise FileNotFoundError(f"no corpus in {corpus} (no index.json): build one with `dystream corpus`")
    entries = [entry for entry in json.loads(path.read_text())["clips"] if entry["split"] == "valid"][:clips]
    if not entries:
        raise ValueError(f"the corpus in {corpus} has no validation clips")
    return [utterance for entry in entries for utterance in _of_clip(Path(corpus) / "clips" / entry["id"], entry)]


def _of_clip(folder: Path, entry: dict) -> list[Utterance]:
    sound = np.load(folder / "audio.npy", mmap_mode="r")
    found = []
    for party, labels in enumerate(json.loads((folder / "labels.json").read_text())):
        for number, phones in enumerate(_stretches(labels["phones"])):
            begin = round(max(0.0, phones[0][0] - BEFORE) * SAMPLE_RATE) // HOP * HOP
            end = min(len(sound), round((phones[-1][1] + AFTER) * SAMPLE_RATE))
            samples = np.asarray(sound[begin:end, party], np.float32) / 32768.0
            shift = begin / SAMPLE_RATE
            moved = tuple((start - shift, stop - shift, phone) for start, stop, phone in phones)
            name = f"{entry['id']}-{party}-{number:02d}"
            found.append(Utterance(name, GROUP, entry["voices"][party], samples, moved))
    return found


def _stretches(phones: Sequence[Sequence]) -> list[list[Interval]]:
    """Phones between silences of `_GAP`; too short ones are left out."""
    stretches: list[list[Interval]] = []
    for start, end, phone in phones:
        if phone == SILENCE:
            continue
        if not stretches or start - stretches[-1][-1][1] > _GAP:
            stretches.append([])
        stretches[-1].append((start, end, phone))
    return [stretch for stretch in stretches if stretch[-1][1] - stretch[0][0] >= _SHORTEST]
