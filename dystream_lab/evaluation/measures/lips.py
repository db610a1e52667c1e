"""Lips against labelled speech: contacts reached and falsely made, rounding, opening, size and time of the motion.

What an utterance adds is kept as counts, sums and histograms, so that any choice of utterances can be pooled
(`summary.bootstrap`) and every threshold be tried afterwards. Apertures are shares of the rig's full opening, never of
the range that a model happens to use. Definitions, with their reasons, in docs/evaluation.md.
"""

import numpy as np

from dystream_lab.evaluation.sets.target import Target
from dystream_lab.evaluation.sets.utterance import Utterance
from dystream_lab.rates import CURVE_RATE, FRAME_RATE
from dystream_lab.teacher.articulation import ARTICULATIONS
from dystream_ros.face.aperture import aperture, teeth_gap
from dystream_ros.face.arkit import ARKIT_INDEX, ARKIT_NAMES

CLOSED = 0.15  # share of the full opening below which lips are closed
CAP = 0.5  # falsely closed frames per second of speech that a closure may cost
TOLERANCE = 0.040  # seconds by which a contact may miss its phone
OPENED = 0.7  # share of the teacher's opening that an open vowel has to reach
STEP = 0.005  # of the aperture's histograms
_BINS = 201
_ROUND_STEP = 0.01
_ROUND_BINS = 201

OPEN_VOWELS = ("AA", "AE", "AH", "AO", "AW", "AY")
ROUNDED = ("UW", "UH", "OW", "W")
SPREAD = ("IY", "EY", "AE", "EH")
_ROUNDING = [ARKIT_INDEX["mouthPucker"], ARKIT_INDEX["mouthFunnel"]]
SHIFTS = np.arange(-16, 17) / CURVE_RATE  # seconds by which motion may be late
CONTACTS = ("lips", "teeth")

# Where each quantity lies in a tally.
_SIZES = {
    "speech_frames": 1,
    "lips_reached": _BINS,
    "lips_elsewhere": _BINS,
    "teeth_reached": _BINS,
    "teeth_elsewhere": _BINS,
    "rounded": _ROUND_BINS,
    "spread": _ROUND_BINS,
    "open_vowels": 2,
    "own": 3,
    "right": 3 * len(SHIFTS),
    "rounding": 6,
}
_ENDS = np.cumsum(list(_SIZES.values()))
_PLACES = {name: slice(int(end) - size, int(end)) for (name, size), end in zip(_SIZES.items(), _ENDS)}
TALLY_SIZE = int(_ENDS[-1])


def tally(right: Target, motion: np.ndarray) -> np.ndarray:
    """What a motion (frames, 58 or 52) of the target's recording adds: float64 (TALLY_SIZE,).

    Raises ValueError for a motion of another length.
    """
    utterance = right.utterance
    if len(motion) != utterance.frames:
        raise ValueError(f"{utterance.name}: the motion has {len(motion)} frames, the recording {utterance.frames}")
    values = np.asarray(motion[:, : len(ARKIT_NAMES)], np.float64)
    sums = np.zeros(TALLY_SIZE)
    speaks = utterance.speaks
    gaps = {"lips": aperture(values), "teeth": teeth_gap(values)}
    sums[_PLACES["speech_frames"]] = np.count_nonzero(speaks)
    for contact, gap in gaps.items():
        reached, elsewhere = _contacts(utterance, gap, speaks, contact)
        sums[_PLACES[f"{contact}_reached"]] = _histogram(reached, STEP, _BINS)
        sums[_PLACES[f"{contact}_elsewhere"]] = _histogram(elsewhere, STEP, _BINS)
    rounding = values[:, _ROUNDING].sum(1)
    for name, phones in (("rounded", ROUNDED), ("spread", SPREAD)):
        means = [rounding[inside].mean() for inside in _frames_of(utterance, phones, 0.0)]
        sums[_PLACES[name]] = _histogram(np.array(means), _ROUND_STEP, _ROUND_BINS)
    sums[_PLACES["open_vowels"]] = _open_vowels(right, gaps["lips"])
    sums[_PLACES["own"]], sums[_PLACES["right"]] = _moments(right, gaps["lips"], speaks)
    due = right.curves[np.clip(_instants(np.flatnonzero(speaks)), 0, len(right.curves) - 1)][:, _ROUNDING].sum(1)
    x, y = rounding[speaks], due.astype(np.float64)
    sums[_PLACES["rounding"]] = len(x), x.sum(), x @ x, y.sum(), y @ y, x @ y
    return sums


def _histogram(values: np.ndarray, step: float, bins: int) -> np.ndarray:
    return np.bincount(np.clip((values / step + 1e-9).astype(int), 0, bins - 1), minlength=bins)


def _frames_of(utterance: Utterance, phones: tuple[str, ...], margin: float) -> list[np.ndarray]:
    """Of each phone that is one of `phones` the frames whose middle it covers, or else the nearest frame."""
    times, found = utterance.frame_times, []
    for start, end, phone in utterance.phones:
        if phone not in phones:
            continue
        first, last = np.searchsorted(times, [start - margin, end + margin])
        if first == last:
            first = int(np.clip(round((start + end) / 2 * FRAME_RATE - 0.5), 0, len(times) - 1))
            last = first + 1
        found.append(np.arange(first, last))
    return found


def _contacts(utterance: Utterance, gap: np.ndarray, speaks: np.ndarray, contact: str) -> tuple[np.ndarray, np.ndarray]:
    """Least gap at each phone of a contact, and the gap in every frame of speech that is of no contact.

    Lips that are shut for P, B, M touch the teeth's edge as well, and F, V bring the lips near each other: neither is
    held against the other.
    """
    wanted = tuple(phone for phone, how in ARTICULATIONS.items() if how.contact == contact)
    any_contact = tuple(phone for phone, how in ARTICULATIONS.items() if how.contact)
    reached = np.array([gap[frames].min() for frames in _frames_of(utterance, wanted, TOLERANCE)])
    elsewhere = speaks.copy()
    for frames in _frames_of(utterance, any_contact, TOLERANCE):
        elsewhere[frames] = False
    return reached, gap[elsewhere]


def _open_vowels(right: Target, gap: np.ndarray) -> tuple[int, int]:
    """Open vowels, and those in which the mouth opens as far as `OPENED` of the teacher's opening."""
    due = aperture(right.curves)
    frames_of = _frames_of(right.utterance, OPEN_VOWELS, 0.0)
    opened = [gap[frames].max() >= OPENED * due[_instants(frames)].max() for frames in frames_of]
    return len(opened), int(np.sum(opened))


def _instants(frames: np.ndarray) -> np.ndarray:
    """Index in curves at CURVE_RATE of the middle of frames."""
    return np.round((frames + 0.5) * CURVE_RATE / FRAME_RATE).astype(int)


def _moments(right: Target, gap: np.ndarray, speaks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Sums for correlations in speech: count, x, x^2 of the motion; y, y^2, xy of the curves as they were before."""
    due = aperture(right.curves)
    frames = np.flatnonzero(speaks)
    x = gap[frames]
    y = np.stack([due[np.clip(_instants(frames) - round(shift * CURVE_RATE), 0, len(due) - 1)] for shift in SHIFTS])
    own = np.array([len(x), x.sum(), np.square(x).sum()])
    return own, np.concatenate([y.sum(1), np.square(y).sum(1), (y * x).sum(1)])


def measures(sums: np.ndarray, thresholds: dict[str, float] | None = None) -> dict[str, np.ndarray]:
    """All measures (...,) of pooled tallies (..., TALLY_SIZE); NaN where there was nothing to measure.

    `thresholds` are those at which contacts count besides CLOSED, one for each of CONTACTS (`operating_thresholds`).
    """
    result: dict[str, np.ndarray] = {}
    for contact, phones in zip(CONTACTS, ("P B M", "F V")):
        for label, at in (("fixed", CLOSED), ("capped", (thresholds or {}).get(contact))):
            if at is None:
                continue
            reached, false = contact_rates(sums, contact)
            place = round(at / STEP)
            result[f"{phones} {label}"] = reached[..., place]
            result[f"false {phones} {label} /s"] = false[..., place]
        result[f"{phones} at {CAP:g} /s"] = _at_cap(*contact_rates(sums, contact))
    result["rounding AUC"] = _auc(_part(sums, "rounded"), _part(sums, "spread"))
    result["rounding gain"], result["rounding correlation"] = _of_moments(*np.moveaxis(_part(sums, "rounding"), -1, 0))
    opened = _part(sums, "open_vowels")
    with np.errstate(invalid="ignore", divide="ignore"):
        result["open vowels"] = opened[..., 1] / opened[..., 0]
    correlations, gain = _correlations(sums)
    middle = len(SHIFTS) // 2
    result["gain"] = gain
    result["correlation"] = correlations[..., middle]
    result["lag ms"] = 1000 * _peak(correlations)
    return result


def contact_rates(sums: np.ndarray, contact: str) -> tuple[np.ndarray, np.ndarray]:
    """Share of contacts reached, and false ones per second of speech, at thresholds of 0, STEP, 2 STEP ... (..., n)."""
    reached, elsewhere = _part(sums, f"{contact}_reached"), _part(sums, f"{contact}_elsewhere")
    seconds = _part(sums, "speech_frames") / FRAME_RATE
    with np.errstate(invalid="ignore", divide="ignore"):
        return _below(reached) / reached.sum(-1, keepdims=True), _below(elsewhere) / seconds


def operating_thresholds(sums: np.ndarray) -> dict[str, float]:
    """For each contact the largest threshold, CLOSED at most, that costs no more than CAP on the pooled tally (n,)."""
    found = {}
    for contact in CONTACTS:
        _, false = contact_rates(sums, contact)
        allowed = np.flatnonzero(false[: round(CLOSED / STEP) + 1] <= CAP)
        found[contact] = float(allowed[-1] * STEP) if len(allowed) else 0.0
    return found


def _at_cap(reached: np.ndarray, false: np.ndarray) -> np.ndarray:
    """Share of contacts (...,) at the largest threshold, CLOSED at most, that costs no more than CAP on this very set.

    Rates (..., n) are those of `contact_rates`; between two thresholds both rise in proportion.
    """
    count = round(CLOSED / STEP) + 1
    reached, false = reached[..., :count], false[..., :count]
    last = np.maximum((false <= CAP).sum(-1) - 1, 0)[..., None]
    following = np.minimum(last + 1, count - 1)
    low, high = (np.take_along_axis(false, at, -1)[..., 0] for at in (last, following))
    share = np.where(high > low, np.clip((CAP - low) / np.where(high > low, high - low, 1.0), 0.0, 1.0), 0.0)
    low, high = (np.take_along_axis(reached, at, -1)[..., 0] for at in (last, following))
    return low + share * (high - low)


def _part(sums: np.ndarray, name: str) -> np.ndarray:
    return sums[..., _PLACES[name]]


def _below(histogram: np.ndarray) -> np.ndarray:
    """How many lie below 0, below one step, below two steps ..."""
    return np.concatenate([np.zeros_like(histogram[..., :1]), np.cumsum(histogram, -1)], -1)


def _auc(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    """Chance that a value of the first histogram is larger than one of the second; equal ones count half."""
    smaller = np.cumsum(below, -1) - 0.5 * below
    with np.errstate(invalid="ignore", divide="ignore"):
        return (above * smaller).sum(-1) / (above.sum(-1) * below.sum(-1))


def _correlations(sums: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Correlation at each of SHIFTS (..., n), and spread of the motion against the teacher's (...,)."""
    count, x, xx = np.moveaxis(_part(sums, "own"), -1, 0)[..., None]
    gain, correlation = _of_moments(count, x, xx, *np.split(_part(sums, "right"), 3, -1))
    return correlation, gain[..., len(SHIFTS) // 2]


def _of_moments(
    count: np.ndarray, x: np.ndarray, xx: np.ndarray, y: np.ndarray, yy: np.ndarray, xy: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Spread of x against that of y, and their correlation, of sums (...,); NaN where either does not move."""
    with np.errstate(invalid="ignore", divide="ignore"):
        x, y = x / count, y / count
        own, right = np.maximum(xx / count - x**2, 0.0), np.maximum(yy / count - y**2, 0.0)
        gain = np.sqrt(own / right)
        own = np.where(own < 1e-9, np.nan, own)
        return gain, (xy / count - x * y) / np.sqrt(own * right)


def _peak(correlations: np.ndarray) -> np.ndarray:
    """Shift at which the correlation is highest, by a parabola through the highest of SHIFTS and its neighbours."""
    known = np.nan_to_num(correlations, nan=-2.0)
    top = np.clip(known.argmax(-1), 1, len(SHIFTS) - 2)
    before, at, after = (np.take_along_axis(known, (top + d)[..., None], -1)[..., 0] for d in (-1, 0, 1))
    bend = before - 2 * at + after
    with np.errstate(invalid="ignore", divide="ignore"):
        offset = np.where(bend < 0, 0.5 * (before - after) / bend, 0.0)
    shift = (top - len(SHIFTS) // 2 + np.clip(offset, -1, 1)) / CURVE_RATE
    return np.where(np.isnan(correlations).all(-1), np.nan, shift)
