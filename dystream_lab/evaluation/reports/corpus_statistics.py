"""What a corpus holds: how often its faces nod, blink, smile, and who of its parties speaks when.

Faces are read by the detectors of `evaluation/events.py`, as those of a model are; who speaks, from the phones, or from
the voices of videos. Lines and laughs are counted from the labels, where there are any.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from dystream_lab.corpus import events
from dystream_lab.corpus.cast import BROKEN_OFF
from dystream_lab.corpus.dataset import ConversationDataset
from dystream_lab.evaluation.measures.listening import LEAST_LISTENING, split_nods
from dystream_lab.evaluation.sets.conversations import Conversation, face_of, phrases, spans, turn_phrases
from dystream_lab.rates import FRAME_RATE
from dystream_ros.face.arkit import ARKIT_INDEX

_SMILING = 0.25  # mouthSmile of a smile that is plain to see
_LIMITS = (5.0, 95.0)  # percentiles
_SUMS = (
    "frames", "listening", "hearing", "speaking", "both", "nobody",
    "nods_at", "frames_at", "nods_elsewhere", "frames_elsewhere", "blinks", "half_closed",
    "smiles", "smiles_listening", "smiling", "brows", "brows_listening", "laughs",
    "met_hearing", "met_speaking", "short", "all_laughs", "broken_off",
)  # fmt: skip


@dataclass(frozen=True)
class Face:
    """What is counted of one face: what it adds to each of `_SUMS`, seconds of each gap between turns, has it lines."""

    sums: np.ndarray
    gaps: tuple[float, ...]
    labelled: bool


def count(dataset: ConversationDataset, hours: float) -> Iterator[list[Face]]:
    """Each clip's faces as they are counted, one where a clip is of a video, from the first until so many hours."""
    for number in range(clips_within(dataset, hours)):
        labels = dataset.labels(dataset.entries[number]["id"])
        yield [_count(face_of(dataset, number, party), labels, party) for party in dataset.parties(number)]


def clips_within(dataset: ConversationDataset, hours: float) -> int:
    """How many of the first clips last no longer than `hours` together; at least one."""
    ends = np.cumsum([entry["frames"] for entry in dataset.entries]) / FRAME_RATE / 3600
    return max(1, int(np.searchsorted(ends, hours + 1e-9, side="right")))


def summarise(faces: Iterable[Face]) -> dict[str, list[float]]:
    """Each measure of all faces together, with the 5th and 95th percentile of single ones, which may be NaN.

    Those of the gap between turns are of single gaps, and its value is the median. What only labels could tell is left
    out where there are none.
    """
    faces = list(faces)
    tallies = np.array([face.sums for face in faces])
    labelled = any(face.labelled for face in faces)
    single, whole = _measures(tallies, labelled), _measures(tallies.sum(0), labelled)
    summary = {name: [float(whole[name]), *_percentiles(single[name])] for name in whole}
    gaps = np.array([gap for face in faces for gap in face.gaps])
    summary["gap between turns, s"] = [float(np.median(gaps)) if len(gaps) else np.nan, *_percentiles(gaps)]
    summary["turns begun in overlap"] = [float((gaps < 0).mean()) if len(gaps) else np.nan, np.nan, np.nan]
    return summary


def table(summary: Mapping[str, list[float]]) -> str:
    """Markdown: a measure a line, with percentiles of the faces where there are some."""
    rows = ["| | all | 5th to 95th percentile of the faces |", "|---|---|---|"]
    for name, (value, low, high) in summary.items():
        spread = "" if np.isnan(low) else f"{low:.3g} to {high:.3g}"
        rows.append(f"| {name} | {'none' if np.isnan(value) else f'{value:.3g}'} | {spread} |")
    return "\n".join(rows)


def _count(face: Conversation, labels: list[dict], party: int) -> Face:
    motion, frames, listening = face.teacher, face.frames, face.listening
    other = spans(phrases(face.other_phones), frames)
    nods = split_nods(events.nods(motion), listening, face.opportunities)
    blinks = events.blinks(motion)
    smiles, brows = events.smiles(motion), events.brow_raises(motion)
    smiling = motion[:, [ARKIT_INDEX["mouthSmileLeft"], ARKIT_INDEX["mouthSmileRight"]]].mean(1) > _SMILING
    met, hearing = events.looks_at_partner(motion), other & ~face.speaking
    lines = [text for of_party in labels for _, _, text in of_party["lines"]]
    spoken = face.phones, face.other_phones
    sums = dict(zip(("nods_at", "frames_at", "nods_elsewhere", "frames_elsewhere"), nods)) | {
        "frames": frames,
        "listening": listening.sum(),
        "hearing": hearing.sum(),
        "speaking": face.speaking.sum(),
        "both": (face.speaking & other).sum(),
        "nobody": (~face.speaking & ~other).sum(),
        "blinks": len(blinks.starts),
        "half_closed": (blinks.depths < events.HALF_CLOSED).sum(),
        "smiles": len(smiles),
        "smiles_listening": listening[smiles].sum(),
        "smiling": smiling.sum(),
        "brows": len(brows),
        "brows_listening": listening[brows].sum(),
        "laughs": len(labels[party].get("laughs", ())),
        "met_hearing": (met & hearing).sum(),
        "met_speaking": (met & face.speaking).sum(),
        "short": sum(len(phrases(phones)) - len(turn_phrases(phones)) for phones in spoken),
        "all_laughs": sum(len(of_party.get("laughs", ())) for of_party in labels),
        "broken_off": sum(text.endswith(BROKEN_OFF) for text in lines),
    }
    return Face(np.array([sums[name] for name in _SUMS], np.float64), tuple(_gaps(face)), bool(lines))


def _gaps(face: Conversation) -> list[float]:
    """Seconds from the end of a turn to the start of the next one, of the other party; below 0 where they overlap.

    What begins and ends while the other speaks is no turn, nor is a short answer.
    """
    said = [(start, end, 0) for start, end in turn_phrases(face.phones)]
    said += [(start, end, 1) for start, end in turn_phrases(face.other_phones)]
    gaps: list[float] = []
    holder, until = None, 0.0
    for start, end, party in sorted(said):
        if party != holder and holder is not None:
            if end <= until:
                continue
            gaps.append(start - until)
        holder, until = party, end
    return gaps


def _measures(sums: np.ndarray, labelled: bool) -> dict[str, np.ndarray]:
    """Measures (...,) of sums (..., n); NaN where there is nothing to divide by, or less than 5 s of listening."""
    total = {name: sums[..., index] for index, name in enumerate(_SUMS)}
    total["nods"] = total["nods_at"] + total["nods_elsewhere"]
    enough = total["listening"] >= LEAST_LISTENING * FRAME_RATE
    for name in ("listening", "frames_at", "frames_elsewhere"):
        total[f"{name} enough"] = np.where(enough, total[name], np.nan)

    def rate(happened: str, frames: str = "frames") -> np.ndarray:
        return total[happened] / total[frames] * FRAME_RATE * 60

    def share(part: str, whole: str = "frames") -> np.ndarray:
        return total[part] / total[whole]

    with np.errstate(divide="ignore", invalid="ignore"):
        measures = {
            "nods /min listening": rate("nods", "listening enough"),
            "nods /min, 0.2 to 1.5 s after a phrase": rate("nods_at", "frames_at enough"),
            "nods /min elsewhere while listening": rate("nods_elsewhere", "frames_elsewhere enough"),
            "blinks /min": rate("blinks"),
            "blinks half-closed": share("half_closed", "blinks"),
            "smiles /min": rate("smiles"),
            "smiles /min listening": rate("smiles_listening", "listening enough"),
            "time smiling above 0.25": share("smiling"),
            "raised brows /min": rate("brows"),
            "raised brows /min listening": rate("brows_listening", "listening enough"),
            "gaze at the partner who speaks": share("met_hearing", "hearing"),
            "gaze at the partner while speaking": share("met_speaking", "speaking"),
            "time speaking": share("speaking"),
            "time listening": share("listening"),
            "time both speak": share("both"),
            "time nobody speaks": share("nobody"),
            "short answers /min, of both": rate("short"),
        }
        if labelled:
            measures["laughs /min"] = rate("laughs")
            measures["laughs /min, of both"] = rate("all_laughs")
            measures["lines broken off /min, of both"] = rate("broken_off")
    return measures


def _percentiles(values: np.ndarray) -> list[float]:
    known = values[~np.isnan(values)]
    return [float(limit) for limit in np.percentile(known, _LIMITS)] if len(known) else [np.nan, np.nan]
