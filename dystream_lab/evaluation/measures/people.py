"""Videos of people who talk, beside a model that hears their sound: range, agreement, closures, corners, head, brows.

The faces are read by the landmarker (`corpus.video.readings`); docs/corpus.md says how well it reads each coefficient.
The measures are those of a motion, so that a person and a model are measured alike.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.signal import butter, find_peaks, sosfiltfilt

from dystream_lab.corpus import events
from dystream_lab.corpus.video import readings as face
from dystream_lab.corpus.video.tracks import voices_heard
from dystream_lab.evaluation.measures.intervals import Summary, bootstrap
from dystream_lab.evaluation.rows.streaming import stream
from dystream_lab.rates import FRAME_RATE, HOP
from dystream_ros.audio.activity import VoiceActivity
from dystream_ros.engine.interfaces import Model
from dystream_ros.face.aperture import aperture
from dystream_ros.face.arkit import ARKIT_INDEX, ARKIT_NAMES

LEAST = 4.0  # s with a face that a video needs
SHIFTS = range(-8, 9)  # frames of lag at which apertures are compared
_PITCH = len(ARKIT_NAMES) + 1
_ANGLES = slice(len(ARKIT_NAMES), len(ARKIT_NAMES) + 3)
_CLOSED = 0.15  # aperture
_DIP = 0.08  # depth of a closing of the lips in passing, as an aperture
_SLOW, _BEAT = (0.0, 0.5), (2.0, 5.0)  # Hz: changes of posture, and beats
_PAIRS = ("browDown", "browOuterUp", "eyeBlink", "eyeSquint", "mouthSmile", "mouthStretch", "cheekSquint")


@dataclass(frozen=True)
class Seen:
    """What one video shows.

    Attributes:
        name: of the file.
        motion: float32 (frames, 58) of the face.
        shown: bool (frames,), whether a face is seen.
        own, other: float32 (640 frames,), 16 kHz, -1 to 1, the voice of the face and that of its partner.
    """

    name: str
    motion: np.ndarray
    shown: np.ndarray
    own: np.ndarray
    other: np.ndarray


def read(
    videos: Sequence[Path], detect: face.Detect, kept: Path, face_track: int = 1
) -> Iterator[tuple[int, Seen | None]]:
    """Reads videos one after another; yields the pictures done, with what a video shows once it is read.

    Args:
        videos: paths. A video has the voice of the face alone, or both voices as two tracks or channels.
        detect: reads the face of a picture.
        kept: folder in which readings stay, so that a repeated run does not read again.
        face_track: 1 or 2, the track of the visible person where there are two.

    Raises:
        ValueError: a video has no pictures or no sound.
    """
    for video in videos:
        own, other = voices_heard(video, face_track)
        folder = kept / f"{video.stem}-{video.stat().st_size}"
        done = 0
        for pictures in face.read_video(video, detect, folder):
            yield pictures - done, None
            done = pictures
        found = face.load(folder)
        if len(found.times) < LEAST * FRAME_RATE / 2:
            continue
        motion, shown = face.motion_of(found)
        frames = min(len(motion), len(own) // HOP)
        if shown[:frames].sum() >= LEAST * FRAME_RATE:
            yield 0, Seen(video.name, motion[:frames], shown[:frames], own[: frames * HOP], other[: frames * HOP])


def measure(model: Model, people: Sequence[Seen], seeds: int) -> dict[str, Summary]:
    """Measures of the people and of a model that hears their sound, with intervals over videos and seeds.

    Raises:
        ValueError: there is no video.
    """
    speaking = [heard(each.own) for each in people]
    voices = [envelope(each.own) for each in people]
    made = [[_streamed(model, each, seed) for each in people] for seed in range(seeds)]

    def table(motions: Callable[[int, int], np.ndarray], runs: int) -> Summary:
        rows = [
            [of_motion(motions(run, at), each.shown, speaking[at], voices[at]) for at, each in enumerate(people)]
            for run in range(runs)
        ]
        return _pooled(rows)

    found = {
        "people": table(lambda _, at: people[at].motion, 1),
        "model": table(lambda run, at: made[run][at], seeds),
    }
    agreement = [
        [agreed(each.motion, made[run][at], each.shown, speaking[at]) for at, each in enumerate(people)]
        for run in range(seeds)
    ]
    found["model"] |= _pooled(agreement)
    reach = "opening in speech p95 %"
    found["model"]["opening in speech, of the people's"] = [
        value / found["people"][reach][0] for value in found["model"][reach]
    ]
    return found


def of_motion(
    motion: np.ndarray, shown: np.ndarray, speaking: np.ndarray, voice: np.ndarray
) -> dict[str, tuple[float, float]]:
    """Measures of a motion (frames, 58), each with its weight; NaN becomes a weight of 0.

    Args:
        motion: at 25 frames per second.
        shown, speaking: bool (frames,), whether the face is seen, and whether it speaks.
        voice: (frames,), loudness of the own voice, dB.
    """
    said = shown & speaking
    minutes, spoken = shown.sum() / FRAME_RATE / 60, said.sum() / FRAME_RATE
    gap = aperture(motion[:, : len(ARKIT_NAMES)])
    corners = _mean(motion, "mouthSmile", "mouthStretch")
    brows = motion[:, ARKIT_INDEX["browInnerUp"]] + _mean(motion, "browOuterUp")
    pitch = np.rad2deg(motion[:, _PITCH])
    apart = [np.abs(motion[said][:, _at(name, "Left")] - motion[said][:, _at(name, "Right")]).mean() if spoken else 0.0
             for name in _PAIRS]  # fmt: skip
    blinks = events.blinks(motion).starts
    quiet = shown & ~speaking
    values = {
        "opening in speech median %": (_percentile(100 * gap[said], 50), spoken),
        "opening in speech p95 %": (_percentile(100 * gap[said], 95), spoken),
        "closed in speech %": (100 * float(np.mean(gap[said] < _CLOSED)) if spoken else np.nan, spoken),
        "closings in passing /s": (_dips(gap, said) / spoken if spoken else np.nan, spoken),
        "corners in speech, spread": (float(corners[said].std()) if spoken else np.nan, spoken),
        "rounding in speech p95": (_percentile(motion[said][:, ARKIT_INDEX["mouthPucker"]], 95), spoken),
        "head, degrees of spread": (float(np.rad2deg(motion[shown][:, _ANGLES].std(0)).mean()), minutes),
        "pitch under 0.5 Hz %": (_band_share(pitch[shown], _SLOW), minutes),
        "pitch at 2 to 5 Hz %": (_band_share(pitch[shown], _BEAT), minutes),
        "head speed with the voice, r": (_correlation(_speed(motion)[said], voice[said]), spoken),
        "brows, spread": (float(brows[shown].std()), minutes),
        "brows with the voice, r": (_correlation(brows[said], voice[said]), spoken),
        "left and right differ by": (float(np.mean(apart)), spoken),
        "blinks /min speaking": (said[blinks].sum() / spoken * 60 if spoken else np.nan, spoken),
        "blinks /min silent": (
            quiet[blinks].sum() / quiet.sum() * FRAME_RATE * 60 if quiet.any() else np.nan,
            quiet.sum() / FRAME_RATE,
        ),
    }
    return {name: (0.0, 0.0) if np.isnan(value) else (value, weight) for name, (value, weight) in values.items()}


def agreed(
    person: np.ndarray, made: np.ndarray, shown: np.ndarray, speaking: np.ndarray
) -> dict[str, tuple[float, float]]:
    """Correlation of the apertures of two motions (frames, 58) in speech, and the lag at which it is largest.

    Args:
        person: of the video.
        made: of the model, positive lags where it is late.
        shown, speaking: bool (frames,), whether the person's face is seen, and whether it speaks.
    """
    one, other = (aperture(each[:, : len(ARKIT_NAMES)]) for each in (person, made))
    said = shown & speaking
    by_lag = {}
    for lag in SHIFTS:
        # At a lag, the person's aperture is that of another frame, which must exist and show a face as well.
        frames = np.flatnonzero(speaking)
        frames = frames[(frames >= lag) & (frames < len(one) + lag)]
        frames = frames[shown[frames - lag]]
        by_lag[lag] = _correlation(one[frames - lag], other[frames])
    seconds = said.sum() / FRAME_RATE
    known = {lag: value for lag, value in by_lag.items() if not np.isnan(value)}
    if not known:
        return {"opening with the people's, r": (0.0, 0.0), "lag ms": (0.0, 0.0)}
    best = max(known, key=lambda lag: known[lag])
    return {"opening with the people's, r": (known.get(0, 0.0), seconds), "lag ms": (1000 * best / FRAME_RATE, seconds)}


def heard(voice: np.ndarray) -> np.ndarray:
    """Whether a voice (640 n,) speaks in each frame: bool (n,)."""
    activity = VoiceActivity()
    activity.add(np.pad(voice, (0, HOP)))
    return np.array([activity.speaking(first, first + HOP) for first in range(0, len(voice) // HOP * HOP, HOP)], bool)


def envelope(voice: np.ndarray) -> np.ndarray:
    """Loudness (n,) of a voice (640 n,), dB, smoothed over 120 ms; limited to 40 dB below its loudest."""
    power = np.square(voice[: len(voice) // HOP * HOP].reshape(-1, HOP), dtype=np.float64).mean(1)
    smooth = np.convolve(power, np.ones(3) / 3, "same")
    loud = 10 * np.log10(smooth + 1e-10)
    return np.maximum(loud, loud.max(initial=-100.0) - 40.0)


def _streamed(model: Model, seen: Seen, seed: int) -> np.ndarray:
    return stream(model, seen.own[None], seen.other[None], [seed], f"{seen.name}, seed {seed}")[0]


def _at(name: str, side: str) -> int:
    return ARKIT_INDEX[f"{name}{side}"]


def _mean(motion: np.ndarray, *names: str) -> np.ndarray:
    return motion[:, [_at(name, side) for name in names for side in ("Left", "Right")]].mean(1) * len(names)


def _percentile(values: np.ndarray, percent: float) -> float:
    return float(np.percentile(values, percent)) if len(values) else np.nan


def _dips(gap: np.ndarray, said: np.ndarray) -> int:
    """Number of closings of the lips within speech: lows of the aperture below `_CLOSED` with `_DIP` on both sides."""
    lows, _ = find_peaks(-gap, prominence=_DIP)
    return int(np.sum(said[lows] & (gap[lows] < _CLOSED)))


def _band_share(values: np.ndarray, band: tuple[float, float]) -> float:
    """Share, in per cent, of the power of `values` (n,) about their mean that lies in a band of Hz."""
    if len(values) < 2 * FRAME_RATE:
        return np.nan
    power = np.abs(np.fft.rfft((values - values.mean()) * np.hanning(len(values)))) ** 2
    frequency = np.fft.rfftfreq(len(values), 1 / FRAME_RATE)
    total = power[1:].sum()
    return 100 * float(power[(frequency > band[0]) & (frequency <= band[1])].sum() / total) if total > 0 else np.nan


def _speed(motion: np.ndarray) -> np.ndarray:
    """Speed of the head (frames,), rad/s, without what is faster than 6 Hz."""
    angles = motion[:, _ANGLES].astype(np.float64)
    if len(angles) > 30:
        angles = sosfiltfilt(butter(2, 6.0, fs=FRAME_RATE, output="sos"), angles, axis=0)
    return np.linalg.norm(np.gradient(angles, axis=0), axis=1) * FRAME_RATE


def _correlation(one: np.ndarray, other: np.ndarray) -> float:
    if len(one) < FRAME_RATE or one.std() < 1e-6 or other.std() < 1e-6:
        return np.nan
    return float(np.corrcoef(one, other)[0, 1])


def _pooled(rows: Sequence[Sequence[Mapping[str, tuple[float, float]]]]) -> Summary:
    """Weighted means over videos of `rows[seed][video]`."""
    names = list(rows[0][0]) if rows and rows[0] else []
    tallies = np.array(
        [
            [[part for name in names for part in (row[name][0] * row[name][1], row[name][1])] for row in run]
            for run in rows
        ]
    )

    def means(sums: np.ndarray) -> Mapping[str, np.ndarray]:
        with np.errstate(invalid="ignore", divide="ignore"):
            return {name: sums[..., 2 * at] / sums[..., 2 * at + 1] for at, name in enumerate(names)}

    if not names:
        raise ValueError("no video shows a face for long enough")
    return bootstrap(tallies, means)
