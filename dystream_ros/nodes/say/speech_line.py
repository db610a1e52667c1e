"""The sentences that wait, are published and are heard, in order; when each begins and ends."""

import itertools
import secrets
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import Enum

SECONDS_PER_LETTER = 0.065  # of a sentence whose sound is not complete
# A head that answers is waited for this long beyond the estimate; then the estimate counts: it may be inactive.
PATIENCE = 2.0  # s
# A text that arrived this much after the frame of an interruption came after it: it is said.
LATEST_BEFORE_INTERRUPTION = 60_000_000  # ns


class Event(Enum):
    """What happened to a sentence."""

    QUEUED = "queued"
    BEGAN = "began"
    ENDED = "ended"
    INTERRUPTED = "interrupted"


class LineFull(ValueError):
    """Too many sentences wait."""


@dataclass(eq=False)
class Sentence:
    """One sentence.

    Attributes:
        utterance: number of its text, from 1.
        index, count: its place in the text, and the number of sentences there.
        text: what is said.
        rate, gain: factors of speed and amplitude for this text.
        arrived_ns: ROS time of the text's arrival.
        stream_id: of its audio; a new one each time it is said from its beginning.
        begin, end: estimated steady times at which it is heard, s.
        complete: whether all of it is published.
        began: whether it is heard.
        cut_at: seconds of it that were heard when it was interrupted.
    """

    utterance: int
    index: int
    count: int
    text: str
    rate: float
    gain: float
    arrived_ns: int
    stream_id: int = field(default_factory=lambda: secrets.randbits(63))
    begin: float = 0.0
    end: float = 0.0
    complete: bool = False
    began: bool = False
    cut_at: float = 0.0

    @property
    def last(self) -> bool:
        """Whether it is the last one of its text."""
        return self.index + 1 == self.count


class SpeechLine:
    """All sentences that are not yet heard to their end. Not safe to use from several threads without a lock.

    Args:
        limit: sentences that may wait.
        happened: called with each event, in order.
    """

    def __init__(self, limit: int, happened: Callable[[Event, Sentence], None]) -> None:
        self._limit = limit
        self._happened = happened
        self._numbers = itertools.count(1)
        self._waiting: deque[Sentence] = deque()
        self._published: deque[Sentence] = deque()
        self._until = 0.0  # steady time at which everything published is heard

    @property
    def idle(self) -> bool:
        """Whether nothing waits and nothing is being said."""
        return not self._waiting and not self._published

    @property
    def sounding(self) -> bool:
        """Whether sound that was published is not yet heard to its end."""
        return bool(self._published)

    def add(self, texts: Iterable[str], now_ns: int, rate: float = 1.0, gain: float = 1.0) -> int:
        """Queue the sentences of one text; returns its number. Raises LineFull."""
        texts = tuple(texts)
        if len(self._waiting) + len(texts) > self._limit:
            raise LineFull(
                f"{len(self._waiting)} sentences wait and {len(texts)} are new; up to {self._limit} may wait "
                "(parameter queue): send it later"
            )
        number = next(self._numbers)
        for index, text in enumerate(texts):
            sentence = Sentence(number, index, len(texts), text, rate, gain, now_ns)
            self._waiting.append(sentence)
            self._happened(Event.QUEUED, sentence)
        return number

    def waiting(self) -> Sentence | None:
        """The next sentence to publish."""
        return self._waiting[0] if self._waiting else None

    def begin(self, sentence: Sentence, now: float) -> bool:
        """Take the waiting sentence for publication; whether it still waits."""
        if self.waiting() is not sentence:
            return False
        self._published.append(self._waiting.popleft())
        sentence.begin = sentence.end = self._until = max(self._until, now)
        return True

    def publishing(self, sentence: Sentence) -> bool:
        """Whether a sentence is still to be published."""
        return sentence in self._published

    def published(self, sentence: Sentence, seconds: float, *, complete: bool, now: float) -> None:
        """Register that this much more of a sentence was published."""
        self._until = max(self._until, now) + seconds
        sentence.end = self._until
        sentence.complete = complete

    def ahead(self, now: float) -> float:
        """Seconds of published sound that are not yet heard."""
        return max(0.0, self._until - now)

    def heard(self, now: float, *, patience: float) -> None:
        """Advance by the estimated times, `patience` seconds late."""
        while self._published:
            sentence = self._published[0]
            if not sentence.began and now >= sentence.begin + patience:
                self._begin(sentence)
            if not (sentence.began and sentence.complete and now >= sentence.end + patience):
                return
            self._end()

    def head_began(self, stream_id: int, now: float) -> None:
        """The head says that the audio of a stream begins: those before it are over, those after it follow it."""
        if not any(each.stream_id == stream_id for each in self._published):
            return
        while self._published[0].stream_id != stream_id:
            self._end()
        sentence = self._published[0]
        late = now - sentence.begin
        for each in self._published:
            each.begin, each.end = each.begin + late, each.end + late
        self._until = max(self._until + late, now)
        self._begin(sentence)

    def head_ended(self, stream_id: int) -> None:
        """The head says that the audio of a stream has been shown; one that is not complete only paused."""
        if self._published and self._published[0].stream_id == stream_id and self._published[0].complete:
            self._begin(self._published[0])
            self._end()

    def head_interrupted(self, stream_id: int, frame_ns: int, now: float) -> None:
        """The head cut a stream off, at the frame with this stamp: what was given before that is dropped."""
        if any(each.stream_id == stream_id for each in self._published):
            self.drop(now, lambda each: each.arrived_ns <= frame_ns + LATEST_BEFORE_INTERRUPTION)

    def drop(self, now: float, chosen: Callable[[Sentence], bool] = lambda _: True) -> int:
        """Drop the chosen sentences; returns their number. Others whose sound was published are said again.

        Dropping a published sentence makes the sound of all published ones void.
        """
        published = list(self._published)
        void = any(map(chosen, published))
        dropped = [each for each in (*published, *self._waiting) if chosen(each)]
        self._waiting = deque(each for each in self._waiting if not chosen(each))
        if void:
            self._published.clear()
            self._until = 0.0
            for each in reversed(published):
                if not chosen(each):
                    each.stream_id, each.complete, each.began = secrets.randbits(63), False, False
                    self._waiting.appendleft(each)
        for each in dropped:
            each.cut_at = min(max(now, each.begin), each.end) - each.begin if each.began else 0.0
            self._happened(Event.INTERRUPTED, each)
        return len(dropped)

    def void(self, utterance: int) -> bool:
        """Whether dropping this text needs an interruption of published sound."""
        return any(each.utterance == utterance for each in self._published)

    def _begin(self, sentence: Sentence) -> None:
        if not sentence.began:
            sentence.began = True
            self._happened(Event.BEGAN, sentence)

    def _end(self) -> None:
        sentence = self._published[0]
        self._begin(sentence)
        self._published.popleft()
        self._happened(Event.ENDED, sentence)


def words_heard(sentence: Sentence) -> list[str]:
    """The words of an interrupted sentence that were heard: as large a part of the letters as of the time."""
    seconds = sentence.end - sentence.begin
    if not seconds or not sentence.complete:
        seconds = max(seconds, len(sentence.text) * SECONDS_PER_LETTER)
    letters = round(len(sentence.text) * min(1.0, sentence.cut_at / seconds)) if seconds else 0
    return sentence.text[:letters].rsplit(" ", 1)[:1] if " " in sentence.text[:letters] else []
