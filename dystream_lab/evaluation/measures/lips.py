"""Lips against labelled speech: contacts reached, false contacts, rounding, opening, gain and lag of the motion.

The tally of an utterance has counts, sums and histograms, so that any set of utterances can be pooled
(`intervals.bootstrap`) and thresholds chosen afterwards. Apertures are shares of the rig's full opening, not of the
range of a model. docs/evaluation.md defines the measures and gives the reasons.
"""

import numpy as np

from dystream_lab.evaluation.sets.target import Target
from dystream_lab.evaluation.sets.utterance import Utterance
from dystream_lab.rates import CURVE_RATE, FRAME_RATE
from dystream_lab.teacher.articulation import ARTICULATIONS
from dystream_ros.face.aperture import aperture, teeth_gap
from dystream_ros.face.arkit import ARKIT_INDEX, ARKIT_NAMES

CLOSED = 0.15  # aperture below which lips are closed
CAP = 0.5  # limit of false contacts, frames per second of speech
SHUT = 0.05  # aperture below which no slit is seen between the lips
TOLERANCE = 0.040  # s around a phone within which its contact counts
OPENED = 0.7  # share of the teacher's opening required in an open vowel
STEP = 0.005  # of the aperture's histograms
_BINS = 201
_ROUND_STEP = 0.01
_ROUND_BINS = 201

OPEN_VOWELS = ("AA", "AE", "AH", "AO", "AW", "AY")
ROUNDED = ("UW", "UH", "OW", "W")
SPREAD = ("IY", "EY", "AE", "EH")
_ROUNDING = [ARKIT_INDEX["mouthPucker"], ARKIT_INDEX["mouthFunnel"]]
SHIFTS = np.arange(-16, 17) / CURVE_RATE  # lags of the motion, s
CONTACTS = ("lips", "teeth")

# Size of each part of a tally.
_SIZES = {
    "speech_frames": 1,
    "lips_reached": _BINS,
    "lips_elsewhere": _BINS,
    "lips_middle": 3,
    "teeth_reached": _BINS,
    "teeth_elsewhere": _BINS,
    "rounded": _ROUND_BINS,
    "spread": _ROUND_BINS,
    "open_vowels": 2,
    "own": 3,
    "target": 3 * len(SHIFTS),
    "rounding": 6,
}
_ENDS = np.cumsum(list(_SIZES.values()))
_PLACES = {name: slice(int(end) - size, int(end)) for (name, size), end in zip(_SIZES.items(), _ENDS)}
TALLY_SIZE = int(_ENDS[-1])


def tally(target: Target, motion: np.ndarray) -> np.ndarray:
    """The tally, float64 (TALLY_SIZE,), of a motion (frames, 58 or 52) of the target's recording.

    Raises ValueError for a motion of another length.
    """
    utterance = target.utterance
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
    sums[_PLACES["lips_middle"]] = _middles(utterance, gaps["lips"])
    rounding = values[:, _ROUNDING].sum(1)
    for name, phones in (("rounded", ROUNDED), ("spread", SPREAD)):
        means = [rounding[inside].mean() for inside in _frames_of(utterance, phones, 0.0)]
        sums[_PLACES[name]] = _histogram(np.array(means), _ROUND_STEP, _ROUND_BINS)
    sums[_PLACES["open_vowels"]] = _open_vowels(target, gaps["lips"])
    sums[_PLACES["own"]], sums[_PLACES["target"]] = _moments(target, gaps["lips"], speaks)
    expected = target.curves[np.clip(_instants(np.flatnonzero(speaks)), 0, len(target.curves) - 1)][:, _ROUNDING].sum(1)
    x, y = rounding[speaks], expected.astype(np.float64)
    sums[_PLACES["rounding"]] = len(x), x.sum(), x @ x, y.sum(), y @ y, x @ y
    return sums


def _histogram(values: np.ndarray, step: float, bins: int) -> np.ndarray:
    return np.bincount(np.clip((values / step + 1e-9).astype(int), 0, bins - 1), minlength=bins)


def _frames_of(utterance: Utterance, phones: tuple[str, ...], margin: float) -> list[np.ndarray]:
    """Frames whose middle lies in each phone of `phones`, extended by `margin` s; the nearest frame if none does."""
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
    """Smallest gap at each phone of a contact, and the gap in every frame of speech without a contact phone.

    Frames of the other contact are excluded: lips closed for P, B, M also touch the teeth, and F, V bring the lips
    together.
    """
    wanted = tuple(phone for phone, how in ARTICULATIONS.items() if how.contact == contact)
    any_contact = tuple(phone for phone, how in ARTICULATIONS.items() if how.contact)
    reached = np.array([gap[frames].min() for frames in _frames_of(utterance, wanted, TOLERANCE)])
    elsewhere = speaks.copy()
    for frames in _frames_of(utterance, any_contact, TOLERANCE):
        elsewhere[frames] = False
    return reached, gap[elsewhere]


def _middles(utterance: Utterance, gap: np.ndarray) -> tuple[float, float, float]:
    """Number of P, B, M, how many are shut in their middle (interpolated between frames), sum of the gaps there."""
    lips = {phone for phone, how in ARTICULATIONS.items() if how.contact == "lips"}
    middles = [(start + end) / 2 for start, end, phone in utterance.phones if phone in lips]
    there = np.interp(middles, utterance.frame_times, gap)
    return len(middles), float(np.count_nonzero(there < SHUT)), float(there.sum())


def _open_vowels(target: Target, gap: np.ndarray) -> tuple[int, int]:
    """Number of open vowels, and of those in which the mouth reaches `OPENED` of the teacher's opening."""
    expected = aperture(target.curves)
    frames_of = _frames_of(target.utterance, OPEN_VOWELS, 0.0)
    opened = [gap[frames].max() >= OPENED * expected[_instants(frames)].max() for frames in frames_of]
    return len(opened), int(np.sum(opened))


def _instants(frames: np.ndarray) -> np.ndarray:
    """Index of the middle of frames in curves at CURVE_RATE."""
    return np.round((frames + 0.5) * CURVE_RATE / FRAME_RATE).astype(int)


def _moments(target: Target, gap: np.ndarray, speaks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Sums for correlations in speech: count, x, x^2 of the motion; y, y^2, xy with the curves at each of SHIFTS."""
    expected = aperture(target.curves)
    frames = np.flatnonzero(speaks)
    x = gap[frames]
    y = np.stack(
        [expected[np.clip(_instants(frames) - round(shift * CURVE_RATE), 0, len(expected) - 1)] for shift in SHIFTS]
    )
    own = np.array([len(x), x.sum(), np.square(x).sum()])
    return own, np.concatenate([y.sum(1), np.square(y).sum(1), (y * x).sum(1)])


def measures(sums: np.ndarray, thresholds: dict[str, float] | None = None) -> dict[str, np.ndarray]:
    """All measures (...,) by name of pooled tallies (..., TALLY_SIZE); NaN where nothing was measured.

    Args:
        sums: pooled tallies.
        thresholds: by contact, a second threshold beside CLOSED for the measures "capped" (`operating_thresholds`).
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
    count, shut, gap = np.moveaxis(_part(sums, "lips_middle"), -1, 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        result["P B M shut in the middle"], result["P B M slit in the middle %"] = shut / count, 100.0 * gap / count
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
    """Share of contacts reached, and false contacts per second of speech, at thresholds 0, STEP, ...: (..., n) each."""
    reached, elsewhere = _part(sums, f"{contact}_reached"), _part(sums, f"{contact}_elsewhere")
    seconds = _part(sums, "speech_frames") / FRAME_RATE
    with np.errstate(invalid="ignore", divide="ignore"):
        return _below(reached) / reached.sum(-1, keepdims=True), _below(elsewhere) / seconds


def operating_thresholds(sums: np.ndarray) -> dict[str, float]:
    """By contact, the largest threshold up to CLOSED with at most CAP false contacts on a pooled tally (n,)."""
    found = {}
    for contact in CONTACTS:
        _, false = contact_rates(sums, contact)
        allowed = np.flatnonzero(false[: round(CLOSED / STEP) + 1] <= CAP)
        found[contact] = float(allowed[-1] * STEP) if len(allowed) else 0.0
    return found


def _at_cap(reached: np.ndarray, false: np.ndarray) -> np.ndarray:
    """Share of contacts (...,) reached at the largest threshold up to CLOSED with at most CAP false contacts.

    Rates (..., n) of `contact_rates`, interpolated linearly between thresholds.
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
    """Counts below 0, one step, two steps, ...: one more than bins."""
    return np.concatenate([np.zeros_like(histogram[..., :1]), np.cumsum(histogram, -1)], -1)


def _auc(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    """Probability that a value of the first histogram exceeds one of the second; ties count half."""
    smaller = np.cumsum(below, -1) - 0.5 * below
    with np.errstate(invalid="ignore", divide="ignore"):
        return (above * smaller).sum(-1) / (above.sum(-1) * below.sum(-1))


def _correlations(sums: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Correlation at each of SHIFTS (..., n), and ratio of standard deviations, motion / teacher (...,)."""
    count, x, xx = np.moveaxis(_part(sums, "own"), -1, 0)[..., None]
    gain, correlation = _of_moments(count, x, xx, *np.split(_part(sums, "target"), 3, -1))
    return correlation, gain[..., len(SHIFTS) // 2]


def _of_moments(
    count: np.ndarray, x: np.ndarray, xx: np.ndarray, y: np.ndarray, yy: np.ndarray, xy: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Ratio of standard deviations of x and y, and their correlation, from sums (...,); NaN where one is constant."""
    with np.errstate(invalid="ignore", divide="ignore"):
        x, y = x / count, y / count
        own, other = np.maximum(xx / count - x**2, 0.0), np.maximum(yy / count - y**2, 0.0)
        gain = np.sqrt(own / other)
        own = np.where(own < 1e-9, np.nan, own)
        return gain, (xy / count - x * y) / np.sqrt(own * other)


def _peak(correlations: np.ndarray) -> np.ndarray:
    """Shift in s of the highest correlation, refined by a parabola through it and its neighbours."""
    known = np.nan_to_num(correlations, nan=-2.0)
    top = np.clip(known.argmax(-1), 1, len(SHIFTS) - 2)
    before, at, after = (np.take_along_axis(known, (top + d)[..., None], -1)[..., 0] for d in (-1, 0, 1))
    bend = before - 2 * at + after
    with np.errstate(invalid="ignore", divide="ignore"):
        offset = np.where(bend < 0, 0.5 * (before - after) / bend, 0.0)
    shift = (top - len(SHIFTS) // 2 + np.clip(offset, -1, 1)) / CURVE_RATE
    return np.where(np.isnan(correlations).all(-1), np.nan, shift)
