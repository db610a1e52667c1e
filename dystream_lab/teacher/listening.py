"""Listener responses: nods, raised brows, smiles and head tilts after events of the partner; and own laughs."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from dystream_lab.teacher.behaviour import BEHAVIOUR as B
from dystream_lab.teacher.behaviour import Range
from dystream_lab.teacher.phrases import Accent, Phrase, turns
from dystream_lab.teacher.pulses import bump, frame_times, nod, plateau
from dystream_ros.face.arkit import ARKIT_INDEX

_PITCH, _ROLL = 1, 0


@dataclass(frozen=True)
class Partner:
    """Events of the partner: phrases, accents, and start and end of each laugh in s."""

    phrases: Sequence[Phrase]
    accents: Sequence[Accent] = ()
    laughs: Sequence[tuple[float, float]] = ()


@dataclass(frozen=True)
class Responses:
    """Seconds at which responses begin, and of the opportunities to respond."""

    nods: list[float] = field(default_factory=list)
    smiles: list[float] = field(default_factory=list)
    brows: list[float] = field(default_factory=list)
    opportunities: list[float] = field(default_factory=list)


def add(motion: np.ndarray, name: str, values: np.ndarray) -> None:
    """Adds `values` (frames,) to a coefficient of `motion` (frames, 58), to both sides if it has sides."""
    for side in (name,) if name in ARKIT_INDEX else (name + "Left", name + "Right"):
        motion[:, ARKIT_INDEX[side]] += values


def raise_brows(motion: np.ndarray, raised: np.ndarray, outer: float = 1.0) -> None:
    """Adds `raised` (frames,) to the inner brows of `motion` (frames, 58), and the share `outer` of it to the outer."""
    motion[:, ARKIT_INDEX["browInnerUp"]] += raised
    motion[:, [ARKIT_INDEX["browOuterUpLeft"], ARKIT_INDEX["browOuterUpRight"]]] += outer * raised[:, None]


def listen(
    rng: np.random.Generator, motion: np.ndarray, pose: np.ndarray, own: Sequence[Phrase], partner: Partner
) -> Responses:
    """Adds listener responses to `motion` (frames, 58) and `pose` (frames, 6; degrees); returns their times."""
    listener = _Listener(rng, motion, pose)
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

    def __init__(self, rng: np.random.Generator, motion: np.ndarray, pose: np.ndarray) -> None:
        self.rng, self.motion, self.pose = rng, motion, pose
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
        clear = phrase.falls or phrase.rises
        if rng.random() < self.nod_chance * (B.nod_falling if clear else 1.0 / B.nod_falling):
            self._nod(phrase.end + latency)
        if rng.random() < (B.brow_after_question if phrase.rises else self.brow_chance):
            start = phrase.end + latency
            size, length = rng.uniform(*B.brow_size), rng.uniform(*B.brow_length)
            raise_brows(self.motion, size * plateau(self.times, start, length, B.brow_ramp))
            self.made.brows.append(start)
        lively = np.clip(phrase.variation / B.liveliness, *B.liveliness_limits)
        if rng.random() < self.smile_chance * lively:
            self._smile(phrase.end + latency + rng.uniform(*B.smile_lag), B.smile_size)

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
            length = np.clip(turn[1] - start + rng.uniform(*B.tilt_after), *B.tilt_length)
            size = rng.choice([-1.0, 1.0]) * rng.uniform(*B.tilt_size)
            self.pose[:, _ROLL] += size * plateau(self.times, start, length, B.tilt_ramp)

    def _latency(self) -> float:
        latency = B.nod_latency_median * np.exp(B.nod_latency_spread * self.rng.standard_normal())
        return float(np.clip(latency, *B.response_latency))

    def _nod(self, start: float, share: float = 1.0) -> None:
        if self.made.nods and start - self.made.nods[-1] < B.nod_refractory:
            return
        cycles = int(self.rng.choice([1, 2, 3], p=B.nod_cycles))
        size = share * self.nod_size * self.rng.uniform(*B.nod_size_varies)
        self.pose[:, _PITCH] += size * nod(self.times, start, self.period, cycles)
        self.made.nods.append(start)

    def _smile(self, start: float, sizes: Range) -> None:
        length = self.rng.uniform(*B.smile_length)
        add(self.motion, "mouthSmile", self.rng.uniform(*sizes) * plateau(self.times, start, length, B.smile_ramp))
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
