"""Statistics of a corpus: rates of nods, blinks and smiles of its faces, and turn taking of its parties.

Faces are measured by the detectors of `corpus/events.py`, like those of a model. Speech is taken from the phones, or
from voice activity in videos. Lines and laughs are counted in the labels, where there are labels.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from scipy.signal import periodogram

from dystream_lab.corpus import events
from dystream_lab.corpus.cast import BROKEN_OFF
from dystream_lab.corpus.dataset import ConversationDataset
from dystream_lab.evaluation.measures.listening import LEAST_LISTENING, split_nods
from dystream_lab.evaluation.sets.conversations import Conversation, face_of, phrases, spans, turn_phrases
from dystream_lab.rates import FRAME_RATE
from dystream_ros.face.aperture import aperture
from dystream_ros.face.arkit import ARKIT_INDEX, ARKIT_NAMES
from dystream_ros.face.motion import POSE_NAMES

_SMILING = 0.25  # mouthSmile of a plainly visible smile
_OPENED = 0.5  # aperture of a mouth that opens wide
_TALKS = 0.25  # share of a clip in speech from which the beats of a face count
_BEAT = (2.0, 5.0)  # Hz, beats of the head
_PITCH = len(ARKIT_NAMES) + POSE_NAMES.index("headPitch")
_LIMITS = (5.0, 95.0)  # percentiles
_SUMS = (
    "frames", "listening", "hearing", "speaking", "both", "nobody",
    "nods_at", "frames_at", "nods_elsewhere", "frames_elsewhere", "blinks", "half_closed",
    "smiles", "smiles_listening", "smiling", "brows", "brows_listening", "laughs",
    "blinks_speaking", "blinks_listening", "wide", "beat", "swing",
    "met_hearing", "met_speaking", "short", "all_laughs", "broken_off",
)  # fmt: skip


@dataclass(frozen=True)
class Face:
    """Counts of one face.

    Attributes:
        sums: float64 (len(_SUMS),), its contribution to each sum.
        gaps: seconds of each gap between turns.
        labelled: whether its lines are labelled.
    """

    sums: np.ndarray
    gaps: tuple[float, ...]
    labelled: bool


def count(dataset: ConversationDataset, hours: float) -> Iterator[list[Face]]:
    """Yields the faces of each clip, up to `hours` of conversation; a clip of a video has one face."""
    for number in range(clips_within(dataset, hours)):
        labels = dataset.labels(dataset.entries[number]["id"])
        yield [_count(face_of(dataset, number, party), labels, party) for party in dataset.parties(number)]


def clips_within(dataset: ConversationDataset, hours: float) -> int:
    """Number of first clips that last at most `hours` in all; at least one."""
    ends = np.cumsum([entry["frames"] for entry in dataset.entries]) / FRAME_RATE / 3600
    return max(1, int(np.searchsorted(ends, hours + 1e-9, side="right")))


def summarise(faces: Iterable[Face]) -> dict[str, list[float]]:
    """Each measure of all faces pooled, with the 5th and 95th percentile of single faces, which may be NaN.

    For gaps between turns these are the median and percentiles of single gaps. Measures that need labels are left out
    where there are none.
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
    """Markdown table, one measure per line, with percentiles of the faces where known."""
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
    beat, swing = _beats(motion) if face.speaking.mean() > _TALKS else (0.0, 0.0)
    sums = dict(zip(("nods_at", "frames_at", "nods_elsewhere", "frames_elsewhere"), nods)) | {
        "frames": frames,
        "listening": listening.sum(),
        "hearing": hearing.sum(),
        "speaking": face.speaking.sum(),
        "both": (face.speaking & other).sum(),
        "nobody": (~face.speaking & ~other).sum(),
        "blinks": len(blinks.starts),
        "half_closed": (blinks.depths < events.HALF_CLOSED).sum(),
        "blinks_speaking": face.speaking[blinks.starts].sum(),
        "blinks_listening": listening[blinks.starts].sum(),
        "wide": (face.speaking & (aperture(motion[:, : len(ARKIT_NAMES)]) > _OPENED)).sum(),
        "beat": beat,
        "swing": swing,
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


def _beats(motion: np.ndarray) -> tuple[float, float]:
    """Power of the head's pitch in motion (T, 58) within _BEAT, and in all, about its linear trend; rad^2."""
    frequency, power = periodogram(motion[:, _PITCH], FRAME_RATE, detrend="linear")
    return float(power[(frequency >= _BEAT[0]) & (frequency <= _BEAT[1])].sum()), float(power.sum())


def _gaps(face: Conversation) -> list[float]:
    """Seconds from the end of a turn to the start of the other party's next turn; negative where they overlap.

    Speech within a turn of the other party, and backchannels, are no turns.
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
    """Measures (...,) of sums (..., n); NaN where the divisor is 0, or with less than 5 s of listening."""
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
            "blinks /min speaking": rate("blinks_speaking", "speaking"),
            "blinks /min listening": rate("blinks_listening", "listening enough"),
            "blinks half-closed": share("half_closed", "blinks"),
            "smiles /min": rate("smiles"),
            "smiles /min listening": rate("smiles_listening", "listening enough"),
            "time smiling above 0.25": share("smiling"),
            "raised brows /min": rate("brows"),
            "raised brows /min listening": rate("brows_listening", "listening enough"),
            "power of the pitch at 2 to 5 Hz, of faces who talk": share("beat", "swing"),
            "own speech with the mouth wide open": share("wide", "speaking"),
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
