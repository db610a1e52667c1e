"""Lips that should be at rest: in silence and noise, while only the partner speaks, and after speech.

Smiles close the lips of the rig, so frames with smiles are not excluded.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from dystream_lab.corpus.augmentation import speaking_rms
from dystream_lab.corpus.events import runs
from dystream_lab.evaluation.measures import noises
from dystream_lab.evaluation.measures.intervals import Summary, bootstrap, quantiles
from dystream_lab.evaluation.measures.lips import CLOSED
from dystream_lab.evaluation.rows.catalogue import Row
from dystream_lab.evaluation.rows.streaming import stream
from dystream_lab.evaluation.sets.conversations import Conversation, phrases
from dystream_lab.evaluation.sets.utterance import Utterance
from dystream_lab.rates import FRAME_RATE, HOP, SAMPLE_RATE
from dystream_lab.speech.phones import SILENCE
from dystream_ros.engine.interfaces import Model
from dystream_ros.face.aperture import aperture
from dystream_ros.face.arkit import ARKIT_NAMES

LEVELS = (-50, -40, -30)  # dBFS
ECHOES = (-30, -20)  # dB relative to the partner's voice
SECONDS = 20.0
SESSIONS = 6
REST = 0.05  # aperture below which lips are at rest
_WITHIN = 0.4  # s after speech within which lips close
_FOLLOWED = 1.0  # s of own silence required after a phrase to measure its end
_LONGEST_LAUGH = 3.0  # s; ends of phrases during a laugh are excluded
_GAP = (0.06, 0.2)  # s; shorter gaps may have no frame, longer ones are pauses
_STEP = 0.001  # of the aperture's histogram
_BINS = 1001

REAL = "real voice, "  # prefix of conditions with the real voice

_SILENT = ("silence", *(f"hiss {level} dB" for level in LEVELS), "partner speaks")
_LIMITS = {"": (1, 5), REAL: (2, 6)}
BARS = {f"{voice}{name} {part} %": f"<= {limit}" for voice, limits in _LIMITS.items() for name in _SILENT
        for part, limit in zip(("median", "p95"), limits)}  # fmt: skip

_NOISES = {"hiss": noises.hiss, "fan": noises.fan, "music": noises.music}
_SOFTEST = 10.0 ** (-25.0 / 20.0)  # rms relative to a voice's usual level above which it sounds
_LATE = 4  # frames after the partner's sound that are measured as well
_BEFORE_SPEECH = 0.12  # s before a phone in which the mouth may open
_BREATH_BEFORE = 0.12  # s before an audible breath that are excluded


@dataclass(frozen=True)
class Scene:
    """Sound of a session whose face does not speak in the judged frames.

    Attributes:
        own, other: float32 (n,), 16 kHz, -1 to 1.
        judged: bool (n // 640,).
    """

    own: np.ndarray
    other: np.ndarray
    judged: np.ndarray


def scenes(partners: Sequence[np.ndarray], seconds: float, seed: int) -> dict[str, list[Scene]]:
    """Sessions of a silent face by condition, one per partner's voice (n,).

    Where a partner speaks, only frames are judged in which the partner sounds, or sounded up to 160 ms before.
    """
    samples = int(seconds * SAMPLE_RATE)
    silent = np.zeros(samples, np.float32)
    always = np.ones(samples // HOP, bool)
    voices = [np.resize(partner, samples).astype(np.float32) for partner in partners]
    made = {"silence": [Scene(silent, silent, always) for _ in voices]}
    for name, noise in _NOISES.items():
        for level in LEVELS:
            rngs = [np.random.default_rng((seed, index)) for index in range(len(voices))]
            made[f"{name} {level} dB"] = [Scene(noise(rng, samples, level), silent, always) for rng in rngs]
    return made | _with_partners(voices)


def _with_partners(voices: Sequence[np.ndarray]) -> dict[str, list[Scene]]:
    made = {"partner speaks": [Scene(np.zeros_like(voice), voice, sounding(voice)) for voice in voices]}
    for level in ECHOES:
        made[f"echo {level} dB"] = [Scene(noises.echo(voice, level), voice, sounding(voice)) for voice in voices]
    return made


def sounding(voice: np.ndarray) -> np.ndarray:
    """Whether a voice (n,) sounds in each frame or in the `_LATE` frames before: bool (n // 640,)."""
    frames = voice[: len(voice) // HOP * HOP].reshape(-1, HOP)
    loud = np.sqrt(np.mean(np.square(frames, dtype=np.float64), 1)) > _SOFTEST * speaking_rms(voice)
    return np.convolve(loud, np.ones(_LATE + 1))[: len(loud)] > 0


def real_scenes(recordings: Sequence[Utterance], seconds: float, sessions: int, seed: int) -> dict[str, list[Scene]]:
    """Sessions with recordings of a real voice, by condition.

    Own channel: the silence around speech is judged, from 400 ms after a phone to 120 ms before the next, without
    audible breaths; as recorded, and with hiss (each level on a third of the recordings). Partner's channel: the
    recordings one after another, `sessions` sessions of `seconds`.
    """
    made = {"silence": [pauses(each, each.samples) for each in recordings]}
    for index, level in enumerate(LEVELS):
        made[f"hiss {level} dB"] = [
            pauses(each, each.samples + noises.hiss(np.random.default_rng((seed, index)), len(each.samples), level))
            for each in recordings[index :: len(LEVELS)]
        ]
    said = np.concatenate([each.samples for each in recordings])
    voices = np.resize(said, (sessions, int(seconds * SAMPLE_RATE))).astype(np.float32)
    return {REAL + name: of for name, of in (made | _with_partners(voices)).items()}


def pauses(recording: Utterance, sound: np.ndarray) -> Scene:
    """A recording's labels with another sound (n,) in the own channel; the silence around its speech is judged."""
    times = recording.frame_times
    judged = np.ones(len(times), bool)
    kept_out = [(start - _BEFORE_SPEECH, end + _WITHIN) for start, end, phone in recording.phones if phone != SILENCE]
    kept_out += [(start - _BREATH_BEFORE, end + _WITHIN) for start, end in recording.breaths]
    for start, end in kept_out:
        judged[slice(*np.searchsorted(times, [start, end]))] = False
    return Scene(sound.astype(np.float32), np.zeros_like(recording.samples), judged)


def partners(conversations: Sequence[Conversation], count: int = SESSIONS) -> list[np.ndarray]:
    """Partners' channels of the conversations in which they speak most, one per clip: float32 (n,) each."""
    best: dict[str, tuple[float, np.ndarray]] = {}
    for conversation in conversations:
        clip = conversation.name.rpartition("/")[0]
        spoken = sum(end - start for start, end in phrases(conversation.other_phones))
        if clip not in best or spoken > best[clip][0]:
            best[clip] = (spoken, conversation.other_audio)
    return [sound for _, sound in sorted(best.values(), key=lambda item: -item[0])[:count]]


def measure(model: Model, conditions: Mapping[str, Sequence[Scene]], seeds: int) -> Summary:
    """Median and 95th percentile of a model's aperture by condition, in per cent of the full opening."""
    sessions = [scene for of in conditions.values() for scene in of]
    longest = max(len(scene.own) for scene in sessions)

    def stacked(sounds: Sequence[np.ndarray]) -> np.ndarray:
        return np.stack([np.pad(sound, (0, longest - len(sound))) for sound in sounds])

    own, other = stacked([scene.own for scene in sessions]), stacked([scene.other for scene in sessions])
    made = [
        stream(model, own, other, [1000 * seed + row for row in range(len(sessions))], f"stillness {seed}")
        for seed in range(seeds)
    ]
    return _judge_scenes(made, conditions)


def measure_row(row: Row, conditions: Mapping[str, Sequence[Scene]]) -> Summary:
    """As `measure`, for a row of the lips' table, which receives the own channel alone."""
    recordings = [
        Utterance(f"{name} {index}", "stillness", "", scene.own, ())
        for name, of in conditions.items()
        for index, scene in enumerate(of)
    ]
    return _judge_scenes([row.motions(recordings, seed) for seed in range(row.seeds)], conditions)


def _judge_scenes(made: Sequence[Sequence[np.ndarray]], conditions: Mapping[str, Sequence[Scene]]) -> Summary:
    """Measures of motions `made[seed][session]`, sessions in the order of the conditions."""
    summary: Summary = {}
    first = 0
    for name, of in conditions.items():
        counts = [
            [tallied(_gap_of(motion)[: len(scene.judged)][scene.judged]) for motion, scene in zip(each[first:], of)]
            for each in made
        ]
        first += len(of)
        found = bootstrap(np.array(counts, np.float64), percentiles)
        summary |= {f"{name} {label} %": value for label, value in found.items()}
    return summary


def tallied(gap: np.ndarray) -> np.ndarray:
    """Histogram (bins,) of apertures (n,)."""
    return np.bincount(np.clip((gap / _STEP).astype(int), 0, _BINS - 1), minlength=_BINS)


def percentiles(histogram: np.ndarray) -> Mapping[str, np.ndarray]:
    """Percentiles (...,) of histograms (..., bins): lower edge of the bin, % of the full opening; NaN if empty."""
    total = histogram.sum(-1, keepdims=True)
    below = np.cumsum(histogram, -1) / np.where(total > 0, total, np.nan)
    return {
        label: np.where(total[..., 0] > 0, 100 * _STEP * (below < share).sum(-1), np.nan)
        for label, share in (("median", 0.5), ("p95", 0.95))
    }


def after_speech(made: Sequence[Sequence[np.ndarray]], conversations: Sequence[Conversation]) -> Summary:
    """How lips come to rest, of motions `made[seed][conversation]` of conversations in which the face speaks.

    For each phrase followed by a second of own silence: whether the lips are closed (15 %) and at rest (5 %) within
    400 ms of its last phone and for the rest of the second, and the time to rest, at most 1 s. For each gap of 60 to
    200 ms within speech with open lips at its borders: whether the lips close in it.
    """
    tallies, times = [], []
    for of_seed in made:
        settled = [_endings(_gap_of(motion), talk) for motion, talk in zip(of_seed, conversations)]
        gaps = [_short_gaps(_gap_of(motion), talk) for motion, talk in zip(of_seed, conversations)]
        tallies.append(
            [
                (len(ends), (ends[:, 0] <= _WITHIN).sum(), (ends[:, 1] <= _WITHIN).sum(), *gap)
                for ends, gap in zip(settled, gaps)
            ]
        )
        most = max(map(len, settled))
        rests = [np.pad(ends[:, 1], (0, most - len(ends)), constant_values=np.nan) for ends in settled]
        times.append(1000 * np.minimum(rests, _FOLLOWED))
    return bootstrap(np.array(tallies, np.float64), _shares) | quantiles(
        {"ms to rest": np.array(times)}, {"median": 50, "p90": 90}
    )


def _shares(sums: np.ndarray) -> Mapping[str, np.ndarray]:
    ends, closed, rested, gaps, shut = np.moveaxis(sums, -1, 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return {
            "closed 400 ms after speech": closed / ends,
            "at rest 400 ms after speech": rested / ends,
            "short gaps closed": shut / gaps,
        }


def _gap_of(motion: np.ndarray) -> np.ndarray:
    return aperture(motion[:, : len(ARKIT_NAMES)])


def _endings(gap: np.ndarray, talk: Conversation) -> np.ndarray:
    """Seconds from the end of each phrase followed by silence until lips stay closed, and stay at rest: (n, 2)."""
    found, spoken = [], phrases(talk.phones)
    for index, (_, end) in enumerate(spoken):
        following = spoken[index + 1][0] if index + 1 < len(spoken) else np.inf
        first, past = round(end * FRAME_RATE), round((end + _FOLLOWED) * FRAME_RATE)
        # The mouth opens up to 80 ms before its sound: the next phrase must not reach into the measured second.
        if following - end < _FOLLOWED + 0.12 or past > len(gap):
            continue
        if any(end - _LONGEST_LAUGH < laugh < end + _FOLLOWED for laugh in talk.laughs):
            continue
        times = (np.arange(first, past) + 0.5) / FRAME_RATE - end
        found.append([_settled(times, gap[first:past] < limit) for limit in (CLOSED, REST)])
    return np.array(found).reshape(-1, 2)


def _settled(times: np.ndarray, there: np.ndarray) -> float:
    """The first of `times` from which all flags `there` are True; infinite when the last is False."""
    missed = np.flatnonzero(~there)
    if not len(missed):
        return 0.0
    return float(times[missed[-1] + 1]) if missed[-1] + 1 < len(times) else np.inf


def _short_gaps(gap: np.ndarray, talk: Conversation) -> tuple[int, int]:
    """Number of short gaps within speech with open lips at their borders, and of those in which the lips close."""
    times = (np.arange(len(gap)) + 0.5) / FRAME_RATE
    spoken = [(start, end) for start, end, phone in talk.phones if phone != SILENCE]
    silent = np.ones(len(gap), bool)
    for start, end in spoken:
        silent[slice(*np.searchsorted(times, [start, end]))] = False
    count = shut = 0
    for first, past in runs(silent):
        length = _length_of(spoken, times[first])
        if not _GAP[0] <= length < _GAP[1] or first == 0 or past == len(gap):
            continue
        if min(gap[first - 1], gap[past]) >= CLOSED:
            count += 1
            shut += bool((gap[first:past] < CLOSED).any())
    return count, shut


def _length_of(spoken: Sequence[tuple[float, float]], time: float) -> float:
    """Length in s of the silence that contains `time`; infinite before the first phone and after the last."""
    before = max((end for _, end in spoken if end <= time), default=-np.inf)
    after = min((start for start, _ in spoken if start > time), default=np.inf)
    return after - before
