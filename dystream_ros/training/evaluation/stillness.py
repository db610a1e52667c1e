"""Lips that ought to be at rest: in silence and noise, while only the partner speaks, and when speech ends.

A smile draws the lips of the rig together, so no smile has to be excused.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from dystream_ros.face.aperture import aperture
from dystream_ros.face.arkit import ARKIT_NAMES
from dystream_ros.training.evaluation import noises
from dystream_ros.training.evaluation.conversations import Conversation, phrases
from dystream_ros.training.evaluation.events import runs
from dystream_ros.training.evaluation.lips import CLOSED
from dystream_ros.training.evaluation.spread import quantiles
from dystream_ros.training.evaluation.streaming import stream
from dystream_ros.training.evaluation.summary import Summary, bootstrap
from dystream_ros.training.evaluation.utterance import FRAME_RATE, SAMPLE_RATE, Row, Utterance
from dystream_ros.training.phones import SILENCE

LEVELS = (-50, -40, -30)  # dBFS
ECHOES = (-30, -20)  # dB under the partner's voice
SECONDS = 20.0
SESSIONS = 6
REST = 0.05  # share of the full opening below which lips are at rest
_WITHIN = 0.4  # s after speech, by which lips are closed
_FOLLOWED = 1.0  # s of own silence after a phrase whose end is judged
_LONGEST_LAUGH = 3.0  # s; who laughs need not close the mouth
_GAP = (0.06, 0.2)  # s; a shorter one holds no frame, a longer one is a pause
_STEP = 0.001
_BINS = 1001

BARS = {f"{name} {part} %": bar for name in ("silence", *(f"hiss {level} dB" for level in LEVELS), "partner speaks")
        for part, bar in (("median", "<= 1"), ("p95", "<= 5"))}  # fmt: skip

_NOISES = {"hiss": noises.hiss, "fan": noises.fan, "music": noises.music}


def scenes(partners: Sequence[np.ndarray], seconds: float, seed: int) -> dict[str, list[tuple[np.ndarray, np.ndarray]]]:
    """What the face hears by condition: a (self, other) pair of float32 (n,) a session, one session a partner's voice.

    The face says nothing in any of them.
    """
    samples = int(seconds * SAMPLE_RATE)
    silent = np.zeros(samples, np.float32)
    voices = [np.resize(partner, samples).astype(np.float32) for partner in partners]
    made = {"silence": [(silent, silent) for _ in voices]}
    for name, noise in _NOISES.items():
        for level in LEVELS:
            rngs = [np.random.default_rng((seed, index)) for index in range(len(voices))]
            made[f"{name} {level} dB"] = [(noise(rng, samples, level), silent) for rng in rngs]
    made["partner speaks"] = [(silent, voice) for voice in voices]
    for level in ECHOES:
        made[f"echo {level} dB"] = [(noises.echo(voice, level), voice) for voice in voices]
    return made


def partners(conversations: Sequence[Conversation], count: int = SESSIONS) -> list[np.ndarray]:
    """Channels of the conversations in which the partner speaks most, no two of one clip; float32 (n,) each."""
    best: dict[str, tuple[float, np.ndarray]] = {}
    for conversation in conversations:
        clip = conversation.name.rpartition("/")[0]
        spoken = sum(end - start for start, end in phrases(conversation.other_phones))
        if clip not in best or spoken > best[clip][0]:
            best[clip] = (spoken, conversation.other_audio)
    return [sound for _, sound in sorted(best.values(), key=lambda item: -item[0])[:count]]


def measure(model: Any, voices: Sequence[np.ndarray], seeds: int) -> Summary:
    """Aperture, in per cent of the full opening, by condition: its median and 95th percentile over all frames.

    Args:
        voices: what partners say, float32 (n,), 16 kHz (`partners`); a session of each condition with each.
    """
    heard = scenes(voices, SECONDS, seed=0)
    pairs = [pair for sessions in heard.values() for pair in sessions]
    own, other = (np.stack([pair[party] for pair in pairs]) for party in (0, 1))
    made = [
        stream(model, own, other, [1000 * seed + row for row in range(len(pairs))], f"stillness {seed}")
        for seed in range(seeds)
    ]
    return _judge_scenes(made, heard)


def measure_row(row: Row, voices: Sequence[np.ndarray]) -> Summary:
    """The same of a row of the lips' table, which hears the own channel alone."""
    heard = scenes(voices, SECONDS, seed=0)
    recordings = [
        Utterance(f"{name} {index}", "stillness", "", own, ())
        for name, sessions in heard.items()
        for index, (own, _) in enumerate(sessions)
    ]
    return _judge_scenes([row.motions(recordings, seed) for seed in range(row.seeds)], heard)


def _judge_scenes(made: Sequence[Sequence[np.ndarray]], heard: Mapping[str, Sequence]) -> Summary:
    """Measures of motions `made[seed][session]` of all the sessions of the conditions, in order."""
    gaps = np.array([[_gap_of(motion) for motion in of_seed] for of_seed in made])
    return judge(gaps.reshape(len(made), len(heard), -1, gaps.shape[-1]), list(heard))


def judge(gaps: np.ndarray, conditions: Sequence[str]) -> Summary:
    """Median and 95th percentile by condition of apertures (seeds, conditions, sessions, frames)."""
    places = np.clip((gaps / _STEP).astype(int), 0, _BINS - 1)
    counts = np.apply_along_axis(np.bincount, -1, places, minlength=_BINS).astype(np.float64)
    summary: Summary = {}
    for index, name in enumerate(conditions):
        found = bootstrap(counts[:, index], _percentiles)
        summary |= {f"{name} {label} %": value for label, value in found.items()}
    return summary


def _percentiles(histogram: np.ndarray) -> Mapping[str, np.ndarray]:
    """Percentiles (...,), in per cent of the full opening, of histograms (..., bins): lower edge of the bin."""
    below = np.cumsum(histogram, -1) / histogram.sum(-1, keepdims=True)
    return {label: 100 * _STEP * (below < share).sum(-1) for label, share in (("median", 0.5), ("p95", 0.95))}


def after_speech(made: Sequence[Sequence[np.ndarray]], conversations: Sequence[Conversation]) -> Summary:
    """How lips come to rest, of motions `made[seed][conversation]` of conversations in which the face speaks.

    Of each phrase that a second of own silence follows: whether the lips are closed (15 %) and at rest (5 %) within
    400 ms of its last phone, and stay so for the rest of the second; and the time to rest, at most
    that second. Of each gap of 60 to 200 ms
    within speech, at whose borders the lips are open: whether they close in it.
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
        times.append(1000 * np.minimum(np.concatenate(settled)[:, 1], _FOLLOWED))
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
    """Seconds from the end of each phrase that silence follows until lips are closed, and at rest, for good: (n, 2)."""
    found, spoken = [], phrases(talk.phones)
    for index, (_, end) in enumerate(spoken):
        following = spoken[index + 1][0] if index + 1 < len(spoken) else np.inf
        first, past = round(end * FRAME_RATE), round((end + _FOLLOWED) * FRAME_RATE)
        # The mouth opens up to 80 ms before it is heard: what follows is judged without these frames.
        if following - end < _FOLLOWED + 0.12 or past > len(gap):
            continue
        if any(end - _LONGEST_LAUGH < laugh < end + _FOLLOWED for laugh in talk.laughs):
            continue
        times = (np.arange(first, past) + 0.5) / FRAME_RATE - end
        found.append([_settled(times, gap[first:past] < limit) for limit in (CLOSED, REST)])
    return np.array(found).reshape(-1, 2)


def _settled(times: np.ndarray, there: np.ndarray) -> float:
    """The first of `times` from which on all are `there`; infinite when the last is not."""
    missed = np.flatnonzero(~there)
    if not len(missed):
        return 0.0
    return float(times[missed[-1] + 1]) if missed[-1] + 1 < len(times) else np.inf


def _short_gaps(gap: np.ndarray, talk: Conversation) -> tuple[int, int]:
    """Short gaps of speech whose borders are open, and those in which the lips close."""
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
    """Seconds of the silence that `time` is in; infinite before the first phone and after the last."""
    before = max((end for _, end in spoken if end <= time), default=-np.inf)
    after = min((start for start, _ in spoken if start > time), default=np.inf)
    return after - before
