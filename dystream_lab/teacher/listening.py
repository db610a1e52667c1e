"""Listener responses: nods by kind, brows, surprise, smiles and tilts after events of the partner; and own laughs."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from dystream_lab.teacher import liveliness
from dystream_lab.teacher.behaviour import BEHAVIOUR as B
from dystream_lab.teacher.behaviour import Range
from dystream_lab.teacher.expressions import add, raise_brows
from dystream_lab.teacher.phrases import Accent, Phrase, turns
from dystream_lab.teacher.pulses import bump, frame_times, nod, plateau

_PITCH, _ROLL = 1, 0
NOD_KINDS = ("single", "repeated", "slow")


@dataclass(frozen=True)
class Partner:
    """Events of the partner: phrases, accents, and start and end of each laugh in s."""

    phrases: Sequence[Phrase]
    accents: Sequence[Accent] = ()
    laughs: Sequence[tuple[float, float]] = ()


@dataclass(frozen=True)
class Responses:
    """Seconds at which responses begin, the kind of each nod (of NOD_KINDS), and the opportunities to respond."""

    nods: list[float] = field(default_factory=list)
    nod_kinds: list[str] = field(default_factory=list)
    smiles: list[float] = field(default_factory=list)
    brows: list[float] = field(default_factory=list)
    opportunities: list[float] = field(default_factory=list)


def listen(
    rng: np.random.Generator,
    motion: np.ndarray,
    pose: np.ndarray,
    own: Sequence[Phrase],
    partner: Partner,
    amount: np.ndarray | None = None,
) -> Responses:
    """Adds listener responses to `motion` (frames, 58) and `pose` (frames, 6; degrees); returns their times.

    `amount` (frames,) scales brows and smiles (`liveliness.amounts`).
    """
    ends = [end for _, end in turns(partner.phrases, B.partner_turn_pause)]
    listener = _Listener(rng, motion, pose, np.ones(len(motion)) if amount is None else amount, ends)
    own_turns = [phrase for phrase in own if not phrase.backchannel]
    moments = [(phrase.start, listener.acknowledge, phrase) for phrase in own if phrase.backchannel]
    moments += [(phrase.end, listener.answer, phrase) for phrase in partner.phrases if not phrase.backchannel]
    strong = [accent for accent in partner.accents if accent.strength > B.nod_on_accent_least]
    moments += [(accent.time, listener.follow, accent) for accent in strong]
    moments += [(start, listener.laugh_along, start) for start, _ in partner.laughs]
    moments += [(start, listener.attend, (start, end)) for start, end in turns(partner.phrases, B.partner_turn_pause)]
    for time, react, event in sorted(moments, key=lambda moment: moment[0]):
        speaking = any(phrase.start < time + B.hold_before_speech < phrase.end for phrase in own_turns)
        if not speaking or react == listener.laugh_along:
            react(event)
    return listener.made


class _Listener:
    """The listener of one session: its rates and sizes, and the responses so far."""

    def __init__(
        self,
        rng: np.random.Generator,
        motion: np.ndarray,
        pose: np.ndarray,
        amount: np.ndarray,
        turn_ends: Sequence[float],
    ) -> None:
        self.rng, self.motion, self.pose, self.amount, self.turn_ends = rng, motion, pose, amount, turn_ends
        self.times = frame_times(len(motion))
        self.nod_chance, self.accent_chance = rng.uniform(*B.nod_after_phrase), rng.uniform(*B.nod_on_accent)
        self.nod_size, self.period = rng.uniform(*B.nod_size), rng.uniform(*B.nod_period)
        self.brow_chance, self.smile_chance = rng.uniform(*B.brow_after_phrase), rng.uniform(*B.smile_after_phrase)
        self.made = Responses()

    def acknowledge(self, phrase: Phrase) -> None:
        """Responds to the start of an own backchannel: a nod, sometimes a smile."""
        if self.rng.random() < B.nod_with_backchannel:
            self._nod(phrase.start + self.rng.uniform(*B.nod_backchannel_lag))
        if self.rng.random() < B.smile_with_backchannel:
            self._smile(phrase.start + self.rng.uniform(*B.smile_lag), B.smile_size)

    def answer(self, phrase: Phrase) -> None:
        """Responds to the end of a phrase of the partner: a nod, raised brows or a smile."""
        rng = self.rng
        self.made.opportunities.append(phrase.end)
        latency = self._latency()
        start = phrase.end + latency
        clear = phrase.falls or phrase.rises
        if rng.random() < self.nod_chance * (B.nod_falling if clear else 1.0 / B.nod_falling):
            ends_turn = any(abs(end - phrase.end) < 1e-6 for end in self.turn_ends)
            self._nod(start, chances=B.nod_kinds_at_turn if ends_turn else B.nod_kinds)
        if phrase.variation > B.surprise_least * B.lively_pitch and rng.random() < B.surprise:
            self._be_surprised(start)
        elif rng.random() < (B.brow_after_question if phrase.rises else self.brow_chance):
            size, length = rng.uniform(*B.brow_size), rng.uniform(*B.brow_length)
            self._raise(start, size, length)
        if phrase.rises and rng.random() < B.tilt_after_question:
            self._tilt(start, rng.uniform(*B.tilt_question_length))
        if rng.random() < self.smile_chance * liveliness.of_phrase(phrase):
            self._smile(start + rng.uniform(*B.smile_lag), B.smile_size)

    def follow(self, accent: Accent) -> None:
        """Responds to a stressed word of the partner: a nod."""
        if self.rng.random() < self.accent_chance:
            self._nod(accent.time + self._latency(), B.nod_on_accent_size)

    def laugh_along(self, start: float) -> None:
        """Responds to a laugh of the partner: a smile."""
        if self.rng.random() < B.laugh_answer:
            self._smile(start + self.rng.uniform(*B.laugh_answer_latency), B.laugh_answer_size)

    def attend(self, turn: tuple[float, float]) -> None:
        """Responds to the start of the partner's turn: the head may tilt for part of it."""
        rng = self.rng
        if rng.random() < B.tilt_while_listening:
            start = turn[0] + rng.uniform(*B.tilt_lag)
            self._tilt(start, float(np.clip(turn[1] - start + rng.uniform(*B.tilt_after), *B.tilt_length)))

    def _latency(self) -> float:
        latency = B.nod_latency_median * np.exp(B.nod_latency_spread * self.rng.standard_normal())
        return float(np.clip(latency, *B.response_latency))

    def _tilt(self, start: float, length: float) -> None:
        size = self.rng.choice([-1.0, 1.0]) * self.rng.uniform(*B.tilt_size)
        self.pose[:, _ROLL] += size * plateau(self.times, start, length, min(B.tilt_ramp, length / 2))

    def _nod(self, start: float, share: float = 1.0, chances: tuple[float, ...] = B.nod_kinds) -> None:
        if self.made.nods and start - self.made.nods[-1] < B.nod_refractory:
            return
        kind = int(self.rng.choice(len(NOD_KINDS), p=chances))
        repeats = int(self.rng.choice([2, 3, 4], p=B.nod_repeats))
        period = self.rng.uniform(*B.nod_slow_period)
        cycles, period = ((1, self.period), (repeats, self.period), (1, period))[kind]
        size = share * B.nod_sizes[kind] * self.nod_size * self.rng.uniform(*B.nod_size_varies)
        self.pose[:, _PITCH] += size * nod(self.times, start, period, cycles)
        self.made.nods.append(start)
        self.made.nod_kinds.append(NOD_KINDS[kind])

    def _raise(self, start: float, size: float, length: float) -> None:
        size *= liveliness.at(self.amount, start)
        raise_brows(self.motion, size * plateau(self.times, start, length, B.brow_ramp))
        self.made.brows.append(start)

    def _be_surprised(self, start: float) -> None:
        size, length = self.rng.uniform(*B.surprise_size), self.rng.uniform(*B.brow_length)
        self._raise(start, size, length)
        shape = plateau(self.times, start, length, B.brow_ramp)
        add(self.motion, "eyeWide", B.surprise_wide * size * shape)
        self.pose[:, _PITCH] -= self.rng.uniform(*B.surprise_back) * shape

    def _smile(self, start: float, sizes: Range) -> None:
        length = self.rng.uniform(*B.smile_length)
        # A quiet voice makes smiles smaller, but none that is not seen.
        size = max(sizes[0], self.rng.uniform(*sizes) * liveliness.at(self.amount, start))
        add(self.motion, "mouthSmile", size * plateau(self.times, start, length, B.smile_ramp))
        self.made.smiles.append(start)


def laugh_self(
    rng: np.random.Generator,
    motion: np.ndarray,
    pose: np.ndarray,
    laughs: Sequence[tuple[float, float]],
    loudness: np.ndarray,
) -> None:
    """Adds own laughs: a broad smile that outlasts the sound, the jaw following the calls, the head moving back.

    Args:
        rng: draws sizes and lengths.
        motion: (frames, 58).
        pose: (frames, 6), degrees and metres.
        laughs: start and end in s.
        loudness: (frames,), loudness of the own sound, 0 to 1.
    """
    times = frame_times(len(motion))
    for start, end in laughs:
        length = end - start
        begin = start - B.laugh_lead
        size, lasting = rng.uniform(*B.laugh_smile), length + rng.uniform(*B.laugh_after)
        add(motion, "mouthSmile", size * plateau(times, begin, lasting, B.laugh_smile_ramp))
        sounding = plateau(times, begin, length + B.laugh_jaw_after, B.laugh_jaw_ramp)
        inside = (times >= start) & (times < end)
        loudest = loudness[inside].max(initial=0.0) + 1e-6
        called = np.where(inside, loudness / loudest, 0.0)
        jaw = rng.uniform(*B.laugh_jaw) * sounding * (B.laugh_jaw_held + (1.0 - B.laugh_jaw_held) * called)
        add(motion, "jawOpen", jaw)
        add(motion, "mouthUpperUp", B.laugh_lips * jaw)
        add(motion, "mouthLowerDown", B.laugh_lips * jaw)
        back = bump(times, start, length + B.laugh_back_after, B.laugh_back_peak)
        pose[:, _PITCH] -= rng.uniform(*B.laugh_back) * back
