"""What a listener's face answers: nods, raised brows, smiles and a tilt of the head, after what the partner does."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from dystream_ros.face.arkit import ARKIT_INDEX
from dystream_ros.training.behaviour import BEHAVIOUR as B
from dystream_ros.training.behaviour import Range
from dystream_ros.training.brows import raise_brows
from dystream_ros.training.phrases import Accent, Phrase
from dystream_ros.training.pulses import bump, frame_times, nod, plateau

_PITCH, _ROLL = 1, 0
_STRONG = 1.2  # strength of an accent that a listener may nod to
_TURN = 1.5  # seconds of silence that end a turn


@dataclass(frozen=True)
class Partner:
    """What a listener hears of the other: phrases, accents, and start and end of each laugh, in seconds."""

    phrases: Sequence[Phrase]
    accents: Sequence[Accent] = ()
    laughs: Sequence[tuple[float, float]] = ()


@dataclass(frozen=True)
class Responses:
    """Seconds at which each began, and the opportunities that there were."""

    nods: list[float] = field(default_factory=list)
    smiles: list[float] = field(default_factory=list)
    brows: list[float] = field(default_factory=list)
    opportunities: list[float] = field(default_factory=list)


def add(motion: np.ndarray, name: str, values: np.ndarray) -> None:
    """Add `values` (frames,) to a coefficient of `motion` (frames, 58), or to both sides of one."""
    for side in (name,) if name in ARKIT_INDEX else (name + "Left", name + "Right"):
        motion[:, ARKIT_INDEX[side]] += values


def listen(
    rng: np.random.Generator, motion: np.ndarray, pose: np.ndarray, own: Sequence[Phrase], partner: Partner
) -> Responses:
    """Add to `motion` (frames, 58) and `pose` (frames, 6; degrees) what a listener answers."""
    listener = _Listener(rng, motion, pose)
    turns = [phrase for phrase in own if not phrase.backchannel]
    moments = [(phrase.start, listener.acknowledge, phrase) for phrase in own if phrase.backchannel]
    moments += [(phrase.end, listener.answer, phrase) for phrase in partner.phrases if not phrase.backchannel]
    moments += [(accent.time, listener.follow, accent) for accent in partner.accents if accent.strength > _STRONG]
    moments += [(start, listener.laugh_along, start) for start, _ in partner.laughs]
    moments += [(start, listener.attend, (start, end)) for start, end in _turns(partner.phrases)]
    for time, react, what in sorted(moments, key=lambda moment: moment[0]):
        speaking = any(phrase.start < time + 0.1 < phrase.end for phrase in turns)
        if not speaking or react == listener.laugh_along:
            react(what)
    return listener.made


def _turns(phrases: Sequence[Phrase]) -> list[tuple[float, float]]:
    turns: list[tuple[float, float]] = []
    for phrase in phrases:
        if phrase.backchannel:
            continue
        if turns and phrase.start - turns[-1][1] < _TURN:
            turns[-1] = (turns[-1][0], phrase.end)
        else:
            turns.append((phrase.start, phrase.end))
    return turns


class _Listener:
    """One session's way to listen: its rates and sizes, and when it answered last."""

    def __init__(self, rng: np.random.Generator, motion: np.ndarray, pose: np.ndarray) -> None:
        self.rng, self.motion, self.pose = rng, motion, pose
        self.times = frame_times(len(motion))
        self.nod_chance, self.accent_chance = rng.uniform(*B.nod_after_phrase), rng.uniform(*B.nod_on_accent)
        self.nod_size, self.period = rng.uniform(*B.nod_size), rng.uniform(*B.nod_period)
        self.brow_chance, self.smile_chance = rng.uniform(*B.brow_after_phrase), rng.uniform(*B.smile_after_phrase)
        self.made = Responses()

    def acknowledge(self, phrase: Phrase) -> None:
        """Own "mhm": a nod goes with it, sometimes a smile."""
        if self.rng.random() < B.nod_with_backchannel:
            self._nod(phrase.start + self.rng.uniform(-0.04, 0.15))
        if self.rng.random() < B.smile_with_backchannel:
            self._smile(phrase.start + self.rng.uniform(0.0, 0.3), B.smile_size)

    def answer(self, phrase: Phrase) -> None:
        """The partner ended a phrase."""
        rng = self.rng
        self.made.opportunities.append(phrase.end)
        latency = self._latency()
        clear = phrase.final_pitch < -1.0 or phrase.rises
        if rng.random() < self.nod_chance * (B.nod_falling if clear else 1.0 / B.nod_falling):
            self._nod(phrase.end + latency)
        if rng.random() < (B.brow_after_question if phrase.rises else self.brow_chance):
            start = phrase.end + latency
            raised = rng.uniform(*B.brow_size) * plateau(self.times, start, rng.uniform(0.7, 1.6), 0.28)
            raise_brows(self.motion, raised)
            self.made.brows.append(start)
        lively = np.clip(phrase.variation / B.liveliness, 0.4, 1.8)
        if rng.random() < self.smile_chance * lively:
            self._smile(phrase.end + latency + rng.uniform(0.0, 0.3), B.smile_size)

    def follow(self, accent: Accent) -> None:
        """The partner stressed a word."""
        if self.rng.random() < self.accent_chance:
            self._nod(accent.time + self._latency(), B.nod_on_accent_size)

    def laugh_along(self, start: float) -> None:
        """The partner laughs."""
        if self.rng.random() < B.laugh_answer:
            self._smile(start + self.rng.uniform(*B.laugh_answer_latency), B.laugh_answer_size)

    def attend(self, turn: tuple[float, float]) -> None:
        """The partner's turn begins: the head may tilt for a part of it."""
        rng = self.rng
        if rng.random() < B.tilt_while_listening:
            start = turn[0] + rng.uniform(0.4, 1.5)
            length = np.clip(turn[1] - start + rng.uniform(0.0, 1.0), 2.0, 8.0)
            size = rng.choice([-1.0, 1.0]) * rng.uniform(*B.tilt_size)
            self.pose[:, _ROLL] += size * plateau(self.times, start, length, 0.8)

    def _latency(self) -> float:
        latency = B.nod_latency_median * np.exp(B.nod_latency_spread * self.rng.standard_normal())
        return float(np.clip(latency, *B.response_latency))

    def _nod(self, start: float, share: float = 1.0) -> None:
        if self.made.nods and start - self.made.nods[-1] < B.nod_refractory:
            return
        cycles = int(self.rng.choice([1, 2, 3], p=[0.45, 0.4, 0.15]))
        size = share * self.nod_size * self.rng.uniform(0.75, 1.25)
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
    """Add own laughs: a broad smile that outlasts the sound, the jaw with its calls, the head thrown back.

    `loudness` (frames,) is how loud the own sound is, 0 to 1.
    """
    times = frame_times(len(motion))
    for start, end in laughs:
        length = end - start
        smile = rng.uniform(*B.laugh_smile) * plateau(times, start - 0.04, length + rng.uniform(*B.laugh_after), 0.35)
        add(motion, "mouthSmile", smile)
        sounding = plateau(times, start - 0.04, length + 0.25, 0.16)
        inside = (times >= start) & (times < end)
        loudest = loudness[inside].max(initial=0.0) + 1e-6
        jaw = rng.uniform(*B.laugh_jaw) * sounding * (0.6 + 0.4 * np.where(inside, loudness / loudest, 0.0))
        add(motion, "jawOpen", jaw)
        add(motion, "mouthUpperUp", 0.5 * jaw)
        add(motion, "mouthLowerDown", 0.5 * jaw)
        pose[:, _PITCH] -= rng.uniform(*B.laugh_back) * bump(times, start, length + 1.0, 0.35)
