"""What was said and what was heard of it: every sample of queued speech is played once, or its loss is reported."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

# Time after the last event of a stream in which its audio may still be played. It covers a head that is suspended for
# a minute and the queue of a minute behind it.
SETTLED = 150.0


@dataclass
class Utterance:
    """One stream of queued speech; times in s on the clock of the observer."""

    stream_id: int
    first_sent: float
    last_sent: float
    last_heard: float | None = None
    interrupted: float | None = None
    sent: list[tuple[int, NDArray[np.int16]]] = field(default_factory=list)
    heard: list[tuple[int, NDArray[np.int16]]] = field(default_factory=list)

    @property
    def changed(self) -> float:
        """Time of its last event."""
        return max(self.last_sent, self.last_heard or 0.0, self.interrupted or 0.0)


@dataclass(frozen=True)
class Account:
    """An utterance that is settled: times in s, and numbers of samples.

    Attributes:
        missing: sent and not heard.
        repeated: heard more than once.
        different: heard with another value than sent.
        unknown: heard at an index that was not sent.
        interrupted: whether the head reported that it cut the utterance off.
    """

    stream_id: int
    first_sent: float
    last_sent: float
    last_heard: float | None
    sent: int
    missing: int
    repeated: int
    different: int
    unknown: int
    interrupted: bool


class Ledger:
    """Collects what is sent and heard, and settles each utterance `SETTLED` after its last event.

    Attributes:
        accounts: of the settled utterances.
        heard_samples: number of all samples that were heard.
    """

    def __init__(self) -> None:
        self.accounts: list[Account] = []
        self.heard_samples = 0
        self._open: dict[int, Utterance] = {}

    def send(self, stream_id: int, first: int, data: NDArray[np.int16], now: float) -> None:
        """Register a chunk on self/audio."""
        utterance = self._open.setdefault(stream_id, Utterance(stream_id, now, now))
        utterance.last_sent = now
        utterance.sent.append((first, data))

    def hear(self, stream_id: int, first: int, data: NDArray[np.int16], now: float) -> None:
        """Register a chunk on self/audio_aligned."""
        self.heard_samples += len(data)
        utterance = self._open.setdefault(stream_id, Utterance(stream_id, now, now))
        utterance.last_heard = now
        utterance.heard.append((first, data))

    def interrupt(self, stream_id: int, now: float) -> None:
        """Register that the head reported an interruption of a stream."""
        if stream_id in self._open:
            self._open[stream_id].interrupted = now

    def settle(self, now: float) -> None:
        """Close the accounts of all utterances whose last event is long ago; infinity closes all."""
        for stream_id in [key for key, each in self._open.items() if now - each.changed > SETTLED]:
            self.accounts.append(_account(self._open.pop(stream_id)))


def _account(utterance: Utterance) -> Account:
    length = max([first + len(data) for first, data in (*utterance.sent, *utterance.heard)], default=0)
    sent, value = np.zeros(length, bool), np.zeros(length, np.int16)
    for first, data in utterance.sent:
        sent[first : first + len(data)], value[first : first + len(data)] = True, data
    heard, different = np.zeros(length, np.int64), 0
    for first, data in utterance.heard:
        heard[first : first + len(data)] += 1
        different += int(np.sum((value[first : first + len(data)] != data) & sent[first : first + len(data)]))
    return Account(
        utterance.stream_id,
        utterance.first_sent,
        utterance.last_sent,
        utterance.last_heard,
        sent=int(sent.sum()),
        missing=int(np.sum(sent & (heard == 0))),
        repeated=int(np.sum(np.maximum(heard - 1, 0))),
        different=different,
        unknown=int(np.sum(~sent & (heard > 0))),
        interrupted=utterance.interrupted is not None,
    )
