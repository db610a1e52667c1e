"""Which sound in a channel comes from the other party: the partner's voice in the own channel, or an echo.

A microphone often picks up the other party as well: softer, later, and coloured by a room. Each channel is therefore
compared with the past of the other one, by its levels in six bands. Where they rise and fall together, the delay and
the loss of the path between them are known, and sound that the path explains is not the party's own.
"""

import numpy as np
from numpy.typing import NDArray

from dystream_ros.audio.resample import MEDIA_RATE

STEP = MEDIA_RATE // 100
# Delays in steps. The stamps of two sources may be wrong by some 10 ms.
_LAGS = np.arange(-2, 46)
_WINDOW = 120  # steps that are compared
_KEPT = _WINDOW + int(_LAGS.max())
_BANDS_HZ = (100, 350, 700, 1200, 2000, 3400, 6000)
_FLOOR_DB = -72.0  # of a band; room noise and rounding below it are silence
_LOUD_DB = -50.0  # of the other channel: steps from which the loss is measured
_LEAST_LOUD = 30  # steps of the other party's sound that a comparison needs
_SIMILAR = 0.75  # correlation from which on the channels rise and fall together
_DIFFERENT = 0.4
_AGREE = 2  # steps by which the delays of comparisons in a row may differ, and
_IN_A_ROW = 4  # how many of them make a path
_EVERY, _EVERY_KNOWN = 2, 8  # calls between comparisons: of two unrelated channels, and along a known path
_STANDS_OUT = 0.2  # by which the similarity at the delay exceeds that at half of all delays
_FORGOTTEN = 32  # comparisons along a known path, 10 s, with the other party's sound but without similarity
# A copy is softer than the sound; a later one may be louder, as gains of devices differ.
_SOFTER_DB, _LATER, _LOUDEST_DB = -3.0, 5, 6.0
_MARGIN_DB = 6.0  # above what the path explains, sound is the party's own
_DECAY_DB = 0.9  # per step: reverberation of 0.67 s


class Crosstalk:
    """Marks the samples of two channels that come from the other channel, frame by frame.

    Args:
        parties: their names.
    """

    def __init__(self, parties: tuple[str, str]) -> None:
        self._parties = parties
        self._levels = _Levels()
        self._paths = _Path(), _Path()  # to the first party, to the second one

    def add(self, samples: dict[str, NDArray[np.float32]]) -> dict[str, NDArray[np.bool_]]:
        """Whether each of the next samples comes from the other party.

        Args:
            samples: float32 (n,) of both parties, of the same instants; 16 kHz.
        """
        both = np.stack([samples[party] for party in self._parties])
        count = self._levels.add(both)
        levels, decaying = self._levels.db, self._levels.decaying
        marks = {}
        for own, party in enumerate(self._parties):
            other = 1 - own
            foreign = self._paths[own].explains(levels[own], levels[other], decaying[other], count)
            marks[party] = np.repeat(foreign, STEP)[: both.shape[1]]
        return marks

    def forget(self) -> None:
        """Forget the latest sound, since the parties have moved against each other; the paths remain."""
        self._levels.clear()


class _Levels:
    """The levels of two channels in bands, per step, dB (2, steps, bands), and the same with a slow decay."""

    def __init__(self) -> None:
        width = 2 * STEP
        edges = np.fft.rfftfreq(width, 1 / MEDIA_RATE)
        self._window = np.hanning(width).astype(np.float32)
        self._bands = np.stack(
            [(edges >= low) & (edges < high) for low, high in zip(_BANDS_HZ[:-1], _BANDS_HZ[1:], strict=True)], axis=1
        ).astype(np.float32) / (STEP * float(np.sum(self._window**2)))
        self.clear()

    def clear(self) -> None:
        self._past: NDArray[np.float32] = np.zeros((2, STEP), np.float32)
        self.db: NDArray[np.float32] = np.full((2, _KEPT, len(_BANDS_HZ) - 1), _FLOOR_DB, np.float32)
        self.decaying = self.db.copy()

    def add(self, samples: NDArray[np.float32]) -> int:
        """Add samples (2, n); returns the number of new steps, the last one possibly short."""
        count = -(-samples.shape[1] // STEP)
        rest = np.zeros((2, count * STEP - samples.shape[1]), np.float32)
        padded = np.concatenate([self._past, samples, rest], axis=1)
        frames = np.lib.stride_tricks.sliding_window_view(padded, 2 * STEP, axis=1)[:, ::STEP]
        power = np.abs(np.fft.rfft(frames * self._window, axis=2)) ** 2 @ self._bands
        new = 10 * np.log10(power + 10 ** (_FLOOR_DB / 10)).astype(np.float32)
        # The decay as the largest of all past levels, each lower by what it has lost since.
        lost = _DECAY_DB * np.arange(count + 1, dtype=np.float32)[:, None]
        levels = np.concatenate([self.decaying[:, -1:], new], axis=1) + lost
        held = (np.maximum.accumulate(levels, axis=1) - lost)[:, 1:]
        self.db = np.concatenate([self.db, new], axis=1)[:, -(_KEPT + count) :]
        self.decaying = np.concatenate([self.decaying, held], axis=1)[:, -(_KEPT + count) :]
        self._past = np.concatenate([self._past, samples], axis=1)[:, -STEP:]
        return count


class _Path:
    """The path from the other party into one channel: its delay and its loss in each band, once it is known."""

    def __init__(self) -> None:
        self.lag: int | None = None
        self.gain: NDArray[np.float32] = np.zeros(0, np.float32)
        self._candidate = 0
        self._agreed = 0
        self._without = 0
        self._calls = 0

    def explains(
        self, own: NDArray[np.float32], other: NDArray[np.float32], decaying: NDArray[np.float32], count: int
    ) -> NDArray[np.bool_]:
        """Whether each of the last `count` steps of the channel is a copy of the other one.

        Args:
            own, other: levels of both channels, dB (steps, bands).
            decaying: those of the other channel with a slow decay.
        """
        self._calls += 1
        if self._calls % (_EVERY if self.lag is None else _EVERY_KNOWN) == 0:
            self._compare(own, other)
        if self.lag is None:
            return np.zeros(count, bool)
        sent = _delayed(decaying, self.lag, count) + self.gain
        heard = own[-count:]
        return _total(heard) < _total(sent) + _MARGIN_DB

    def _compare(self, own: NDArray[np.float32], other: NDArray[np.float32]) -> None:
        """Look for the delay at which the two channels rise and fall together."""
        last = -max(0, -int(_LAGS[0])) or None
        heard = own[:last][-_WINDOW:]
        loud = other.max(axis=1) > _LOUD_DB
        if len(heard) < _WINDOW or loud[-_WINDOW:].sum() < _LEAST_LOUD or heard.max() <= _LOUD_DB - 15:
            return
        x = heard - heard.mean(axis=0)
        # Row i: the other channel, later by `_LAGS[i]` steps.
        ends = len(other[:last]) - _LAGS
        sent = np.stack([other[end - _WINDOW : end] for end in ends])
        y = sent - sent.mean(axis=1, keepdims=True)
        scale = np.sqrt((x * x).sum() * (y * y).sum(axis=(1, 2))) + 1e-6
        similarity = (y * x).sum(axis=(1, 2)) / scale
        best = int(np.argmax(similarity))
        lag = int(_LAGS[best])
        inside = 0 < best < len(_LAGS) - 1
        if similarity[best] < _SIMILAR or not inside or similarity[best] - np.median(similarity) < _STANDS_OUT:
            self._agreed = 0
            self._without += bool(similarity[best] < _DIFFERENT)
            if self._without >= _FORGOTTEN:
                self.lag = None
            return
        strong = sent[best].max(axis=1) > _LOUD_DB
        if not strong.any():
            return
        gain = np.median((heard - sent[best])[strong], axis=0)
        total = float(np.median(_total(heard[strong]) - _total(sent[best][strong])))
        if total > (_LOUDEST_DB if lag >= _LATER else _SOFTER_DB):
            return
        self._agreed = self._agreed + 1 if abs(self._candidate - lag) <= _AGREE else 1
        self._candidate = lag
        if self._agreed >= _IN_A_ROW:
            self.lag, self.gain, self._without = lag, gain.astype(np.float32), 0


def _delayed(levels: NDArray[np.float32], lag: int, count: int) -> NDArray[np.float32]:
    """The last `count` rows, later by `lag` steps; where they are not known yet, the last one."""
    rows = np.clip(np.arange(len(levels) - count, len(levels)) - lag, 0, len(levels) - 1)
    return levels[rows]


def _total(levels: NDArray[np.float32]) -> NDArray[np.float32]:
    """Level of all bands together, dB."""
    return 10 * np.log10((10 ** (levels / 10)).sum(axis=1))
