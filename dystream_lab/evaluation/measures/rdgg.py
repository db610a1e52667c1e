"""Reference-based directed Granger gain (R-DGG): does a listener's motion depend on the partner's voice?

A small version of Kravtsov et al. 2026 ("Reference-Based Directed Granger Gain for Evaluating Speech-Conditioned
Listener Motion"). Similarity of motion does not answer the question. The gain is the part of the motion that the
listener's own past does not predict, and that follows the partner's voice as the reference's listeners follow it.

Estimator. Rows are the frames in which a face listens. Motion y (roll, pitch, yaw, brows, lids, smile, gaze), in units
of the reference's standard deviation:
1. Reference operator: ridge regression of the reference's y on its own past, its own voice's past and the partner's
   voice's past; the part B of the partner is kept. Fitted on other conversations than it is applied to (5 folds).
2. For each system: residual energy E0 of y given its own past and own voice, and E1 given in addition the
   reference's reaction s = (partner's past) B. Gain = ln(E0 / E1), nats.
3. Floor: the mean gain with the voices of other partners. Net = gain - floor; p is the share of floors that are at
   least as large. Intervals resample conversations.

Differences from the paper: the voice is loudness, voicing and pitch instead of HuBERT; the speaker's face is not
regressed out, since no face here sees the other; besides shifts in time there are floors of partners with matched voice
activity, which keep only the dependence beyond turn taking.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from dystream_lab.corpus.events import runs
from dystream_lab.evaluation.measures.intervals import Summary
from dystream_lab.evaluation.sets.conversations import Conversation, phrases, spans
from dystream_lab.rates import CURVE_RATE, FRAME_RATE
from dystream_lab.speech.prosody import track
from dystream_ros.face.arkit import ARKIT_INDEX, ARKIT_NAMES

LAGS = np.array([*range(1, 13), 14, 16, 18, 20, 24, 28, 32, 36, 40])  # frames; 40 ms to 1.6 s
_LEAST = 50  # frames of a segment of listening
_FOLDS = 5
_RIDGE = 1e-3
_REACTION_RIDGE = 0.1
_NULLS = 40  # floors of each kind
_NEAREST = 10  # most similar segments of other partners, of which a floor takes one
_REPLICATES = 1000
_POSE = len(ARKIT_NAMES)


@dataclass(frozen=True)
class _Rows:
    """The listening frames of one conversation: frame numbers (n,), and position of each in its segment (n,)."""

    frames: np.ndarray
    depth: np.ndarray


def targets(motion: np.ndarray) -> np.ndarray:
    """Roll, pitch, yaw, brows, lids, smile, gaze to the side and down, float64 (frames, 8), of motion (frames, 58)."""

    def mean(*names: str) -> np.ndarray:
        return motion[:, [ARKIT_INDEX[name] for name in names]].mean(1)

    return np.stack(
        [
            *motion[:, _POSE : _POSE + 3].T,
            mean("browInnerUp", "browOuterUpLeft", "browOuterUpRight"),
            mean("eyeBlinkLeft", "eyeBlinkRight"),
            mean("mouthSmileLeft", "mouthSmileRight"),
            mean("eyeLookOutLeft", "eyeLookInRight") - mean("eyeLookInLeft", "eyeLookOutRight"),
            mean("eyeLookDownLeft", "eyeLookDownRight") - mean("eyeLookUpLeft", "eyeLookUpRight"),
        ],
        axis=1,
    ).astype(np.float64)


def voice(sound: np.ndarray, frames: int) -> np.ndarray:
    """Loudness, voicing and pitch, (frames, 3), of sound (n,) at 16 kHz, each about -1 to 1."""
    prosody = track(sound)
    curves = np.stack([np.clip(prosody.loudness / 20.0, -1.0, 1.0), prosody.voiced, prosody.pitch / 6.0], 1)
    share = CURVE_RATE // FRAME_RATE
    curves = np.pad(curves, ((0, max(0, frames * share - len(curves))), (0, 0)), mode="edge")[: frames * share]
    return curves.reshape(frames, share, 3).mean(1)


def gains(
    systems: Mapping[str, Sequence[Sequence[np.ndarray]]], conversations: Sequence[Conversation]
) -> dict[str, Summary]:
    """R-DGG of each system, in 1e-4 nats, and its p.

    Args:
        systems: motions (frames, 58) by name, seed and conversation; the reference is the conversations' own teacher.
    """
    setting = _Setting(conversations)
    return {name: setting.score(made) for name, made in systems.items()}


class _Setting:
    """The reference operator and the floors, shared by all systems."""

    def __init__(self, conversations: Sequence[Conversation]) -> None:
        self._conversations = conversations
        self._own = _centred([voice(talk.self_audio, talk.frames) for talk in conversations])
        self._partner_voices = _centred([voice(talk.other_audio, talk.frames) for talk in conversations])
        self._rows = [_listening_rows(talk) for talk in conversations]
        clips = [talk.name.rpartition("/")[0] for talk in conversations]
        folds = {clip: number % _FOLDS for number, clip in enumerate(dict.fromkeys(clips))}
        self._clips = clips
        self._fold = np.array([folds[clip] for clip in clips])
        reference = [targets(talk.teacher) for talk in conversations]
        inside = np.concatenate([motion[rows.frames] for motion, rows in zip(reference, self._rows)])
        self._scale = 1.0 / np.sqrt(inside.var(0) + np.median(inside.var(0)) + 1e-12)
        self._partner = [_lagged(partner_voice, rows) for partner_voice, rows in zip(self._partner_voices, self._rows)]
        self._operators = [self._fit(reference, fold) for fold in range(_FOLDS)]
        self._floors = {
            "shifted": [self._reactions(given) for given in self._shifted()],
            "matched": [self._reactions(given) for given in self._matched()],
        }
        self._reaction = self._reactions(self._partner)

    def _design(self, motions: Sequence[np.ndarray], chosen: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
        """Own past and own voice (n, d), and motion (n, k), of the rows of the chosen conversations."""
        past, present = [], []
        for index in chosen:
            rows, scaled = self._rows[index], motions[index] * self._scale
            scaled = scaled - (scaled[rows.frames].mean(0) if len(rows.frames) else 0.0)
            past.append(np.hstack([_lagged(scaled, rows), _lagged(self._own[index], rows)]))
            present.append(scaled[rows.frames])
        return np.concatenate(past), np.concatenate(present)

    def _fit(self, reference: Sequence[np.ndarray], fold: int) -> np.ndarray:
        """The partner's part of the reference's regression, fitted without one fold."""
        chosen = [index for index in range(len(self._rows)) if self._fold[index] != fold]
        past, present = self._design(reference, chosen)
        partner = np.concatenate([self._partner[index] for index in chosen])
        return _ridge(np.hstack([past, partner]), present, _RIDGE)[past.shape[1] :]

    def _reactions(self, partner: Sequence[np.ndarray]) -> np.ndarray:
        return np.concatenate([given @ self._operators[fold] for given, fold in zip(partner, self._fold)])

    def _shifted(self) -> list[list[np.ndarray]]:
        """Lagged voices of each partner, shifted in time by more than the longest lag; one list per floor."""
        rng = np.random.default_rng(1)
        least = int(LAGS[-1])
        return [
            [
                _lagged(
                    np.roll(partner_voice, rng.integers(least, max(least + 1, len(partner_voice) - least)), axis=0),
                    rows,
                )
                for partner_voice, rows in zip(self._partner_voices, self._rows)
            ]
            for _ in range(_NULLS)
        ]

    def _matched(self) -> list[list[np.ndarray]]:
        """Lagged voices of other partners with the most similar voice activity in each segment; one list per floor."""
        rng = np.random.default_rng(2)
        activity = [
            2.0 * spans(phrases(talk.other_phones), talk.frames).astype(np.float64) - 1.0
            for talk in self._conversations
        ]
        candidates = [
            [(segment, self._alike(index, segment, activity)) for segment in _segments(talk)]
            for index, talk in enumerate(self._conversations)
        ]
        drawn = []
        for _ in range(_NULLS):
            given = []
            for index, found in enumerate(candidates):
                partner_voice = self._partner_voices[index].copy()
                for (start, end), near in found:
                    if near:
                        lender, at = near[rng.integers(len(near))]
                        partner_voice[start:end] = self._partner_voices[lender][at : at + end - start]
                given.append(_lagged(partner_voice, self._rows[index]))
            drawn.append(given)
        return drawn

    def _alike(self, index: int, segment: tuple[int, int], activity: Sequence[np.ndarray]) -> list[tuple[int, int]]:
        """(conversation, first frame) of the most similar segments, at most one per conversation, of other clips."""
        wanted = activity[index][slice(*segment)]
        found = []
        for other, curve in enumerate(activity):
            if self._clips[other] == self._clips[index] or len(curve) < len(wanted):
                continue
            agreement = np.correlate(curve, wanted, "valid")
            found.append((float(agreement.max()), other, int(agreement.argmax())))
        return [(other, at) for _, other, at in sorted(found, reverse=True)[:_NEAREST]]

    def score(self, made: Sequence[Sequence[np.ndarray]]) -> Summary:
        """Net gains of a system with intervals and p, over its seeds."""
        owners = np.concatenate([np.full(len(rows.frames), index) for index, rows in enumerate(self._rows)])
        with_reaction, floors = [], {name: [] for name in self._floors}
        for motions in made:
            past, present = self._design([targets(motion) for motion in motions], range(len(motions)))
            given = _Given(past, present, owners, len(motions))
            with_reaction.append(given.energy(self._reaction))
            for name, reactions in self._floors.items():
                floors[name].append([given.energy(reaction) for reaction in reactions])
        return _net(np.array(with_reaction), {name: np.array(values) for name, values in floors.items()})


class _Given:
    """The residual of a system's motion given its own past, and its energy given a reaction."""

    def __init__(self, past: np.ndarray, present: np.ndarray, owners: np.ndarray, conversations: int) -> None:
        self._past = past
        self._owners, self._conversations = owners, conversations
        gram = past.T @ past
        self._solve = np.linalg.inv(gram + _RIDGE * np.diagonal(gram).mean() * np.eye(len(gram)))
        self._residual = present - past @ (self._solve @ (past.T @ present))

    def energy(self, reaction: np.ndarray) -> np.ndarray:
        """Residual energy by conversation (n,) with the reaction (rows, k) regressed out as well."""
        standard = (reaction - reaction.mean(0)) / (reaction.std(0) + 1e-12)
        free = standard - self._past @ (self._solve @ (self._past.T @ standard))
        gram = free.T @ standard
        gram = gram + _REACTION_RIDGE * len(standard) * np.eye(len(gram))
        left = self._residual - free @ np.linalg.solve(gram, free.T @ self._residual)
        return np.bincount(self._owners, np.square(left).sum(1), self._conversations)


def _net(energy: np.ndarray, floors: Mapping[str, np.ndarray]) -> Summary:
    """Net gains of energies (seeds, conversations) over floors (seeds, nulls, conversations)."""
    rng = np.random.default_rng(0)
    conversations = energy.shape[1]
    weights = rng.multinomial(conversations, np.full(conversations, 1 / conversations), _REPLICATES).astype(float)
    summary: Summary = {}
    for name, null in floors.items():
        # ln(E0 / E1) - mean of ln(E0 / E_null): the energy of the own past alone cancels.
        each = np.log(null.sum(-1)) - np.log(energy.sum(-1))[:, None]  # (seeds, nulls)
        drawn = np.log(null @ weights.T).mean(1) - np.log(energy @ weights.T)  # (seeds, replicates)
        low, high = np.percentile(drawn.mean(0), (2.5, 97.5))
        summary[f"R-DGG {name} 1e-4"] = [1e4 * float(each.mean()), 1e4 * float(low), 1e4 * float(high)]
        by_null = each.mean(0)
        p = (np.count_nonzero(by_null <= 0.0) + 1) / (len(by_null) + 1)
        summary[f"R-DGG {name} p"] = [float(p), float(p), float(p)]
    return summary


def _centred(curves: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Curves (frames, k) less their common mean, so that a missing lag, 0, is neutral."""
    mean = np.concatenate(curves).mean(0)
    return [curve - mean for curve in curves]


def _segments(talk: Conversation) -> list[tuple[int, int]]:
    return [(start, end) for start, end in runs(talk.listening) if end - start >= _LEAST]


def _listening_rows(talk: Conversation) -> _Rows:
    frames, depth = [np.zeros(0, int)], [np.zeros(0, int)]
    for start, end in _segments(talk):
        first = start + 10  # some past is needed
        frames.append(np.arange(first, end))
        depth.append(np.arange(first - start, end - start))
    return _Rows(np.concatenate(frames), np.concatenate(depth))


def _lagged(values: np.ndarray, rows: _Rows) -> np.ndarray:
    """Values (frames, k) at each of LAGS before each row: (n, lags * k); 0 before the start of the segment."""
    at = rows.frames[:, None] - LAGS[None, :]
    reached = LAGS[None, :] <= rows.depth[:, None]
    return (values[np.maximum(at, 0)] * reached[:, :, None]).reshape(len(rows.frames), len(LAGS) * values.shape[1])


def _ridge(design: np.ndarray, present: np.ndarray, ridge: float) -> np.ndarray:
    gram = design.T @ design
    return np.linalg.solve(gram + ridge * np.diagonal(gram).mean() * np.eye(len(gram)), design.T @ present)
