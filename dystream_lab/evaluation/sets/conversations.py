"""Conversations of a corpus seen from one party: who speaks when, and the opportunities to respond."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from dystream_lab.corpus.dataset import ConversationDataset
from dystream_lab.evaluation.sets.utterance import Utterance
from dystream_lab.rates import FRAME_RATE
from dystream_lab.speech.phones import SILENCE, Interval

_PHRASE_PAUSE = 0.2  # s of silence between two phrases
_BACKCHANNEL = 0.7  # s; a shorter phrase with a second of silence on both sides is a backchannel
_HOLD = 1.5  # s of silence within which a speaker keeps the turn


@dataclass(frozen=True)
class Conversation:
    """One conversation seen from one party, the face.

    Attributes:
        name: clip and party.
        self_audio, other_audio: float32 (n,), 16 kHz, -1 to 1.
        phones, other_phones: (start, end, phone) in seconds of each party, in order.
        opportunities: seconds at which the partner ends a phrase and a listener may respond with a nod.
        teacher: float32 (frames, 58), the corpus's motion of this face.
        laughs: seconds at which the face begins to laugh.
    """

    name: str
    self_audio: np.ndarray
    other_audio: np.ndarray
    phones: tuple[Interval, ...]
    other_phones: tuple[Interval, ...]
    opportunities: tuple[float, ...]
    teacher: np.ndarray
    laughs: tuple[float, ...] = ()

    @property
    def frames(self) -> int:
        """Length in frames of motion."""
        return len(self.teacher)

    @property
    def recording(self) -> Utterance:
        """The face's own channel as an utterance, for the rows of the lips' table."""
        return Utterance(self.name, "conversations", "", self.self_audio, self.phones)

    @cached_property
    def speaking(self) -> np.ndarray:
        """Whether the face speaks in each frame, including pauses within phrases: bool (frames,)."""
        return spans(phrases(self.phones), self.frames)

    @cached_property
    def floor(self) -> np.ndarray:
        """Whether the partner holds the turn, up to 1.5 s after its last phone: bool (frames,).

        Backchannels are no turns.
        """
        turns: list[tuple[float, float]] = []
        for start, end in turn_phrases(self.other_phones):
            if turns and start - turns[-1][1] < _HOLD:
                start = turns.pop()[0]
            turns.append((start, end))
        return spans([(start, end + _HOLD) for start, end in turns], self.frames)

    @cached_property
    def listening(self) -> np.ndarray:
        """Whether the partner holds the turn and the face is silent: bool (frames,)."""
        return self.floor & ~self.speaking


def phrases(phones: Sequence[Interval]) -> list[tuple[float, float]]:
    """Start and end, in seconds, of stretches of speech between pauses of at least 0.2 s."""
    found: list[tuple[float, float]] = []
    for start, end, phone in phones:
        if phone == SILENCE:
            continue
        if found and start - found[-1][1] < _PHRASE_PAUSE:
            start = found.pop()[0]
        found.append((start, end))
    return found


def turn_phrases(phones: Sequence[Interval]) -> list[tuple[float, float]]:
    """The phrases except backchannels: longer than 0.7 s, or within a second of another phrase."""
    found = phrases(phones)
    kept = []
    for index, (start, end) in enumerate(found):
        alone = (index == 0 or start - found[index - 1][1] > 1.0) and (
            index + 1 == len(found) or found[index + 1][0] - end > 1.0
        )
        if end - start >= _BACKCHANNEL or not alone:
            kept.append((start, end))
    return kept


def spans(intervals: Sequence[tuple[float, float]], frames: int) -> np.ndarray:
    """Whether the middle of each frame lies in one of the intervals of seconds: bool (frames,)."""
    times = (np.arange(frames) + 0.5) / FRAME_RATE
    inside = np.zeros(frames, bool)
    for start, end in intervals:
        first, last = np.searchsorted(times, [start, end])
        inside[first:last] = True
    return inside


def load(dataset: ConversationDataset, clips: int) -> list[Conversation]:
    """The views of the first `clips` clips of a split, in full: both of a staged clip, one of a video."""
    numbers = range(min(clips, len(dataset)))
    return [face_of(dataset, number, party) for number in numbers for party in dataset.parties(number)]


def face_of(dataset: ConversationDataset, number: int, party: int) -> Conversation:
    """Clip `number` with `party` as the face. Raises ValueError when the clip does not have that face."""
    name = dataset.entries[number]["id"]
    labels = dataset.labels(name)
    view = dataset.whole(number, party, lookahead=0)
    own, partner = labels[party], labels[1 - party]
    return Conversation(
        name=f"{name}/{party}",
        self_audio=view.self_audio,
        other_audio=view.other_audio,
        phones=_intervals(own["phones"]),
        other_phones=_intervals(partner["phones"]),
        opportunities=tuple(own["opportunities"]),
        teacher=view.motion,
        laughs=tuple(own.get("laughs", ())),  # corpora before version 2 have no laughs
    )


def _intervals(labels: list[list]) -> tuple[Interval, ...]:
    return tuple((float(start), float(end), str(phone)) for start, end, phone in labels)
