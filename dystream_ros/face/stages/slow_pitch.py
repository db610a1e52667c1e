"""The pitch of a head without its nods and beats."""

# A nod is a dip of 1.4 degrees and more within 0.6 s (`dystream_lab.corpus.events`); a pitch that moves by less than
# 1.2 degrees in that time has none.
_FASTEST = 0.035  # rad/s
_FOLLOWS = 1.0  # 1/s: postures are kept, 0.7 s late


class SlowPitch:
    """Follows a pitch slowly; `reset` begins at the next one."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Begin anew."""
        self._pitch: float | None = None

    def step(self, pitch: float, seconds: float) -> float:
        """The slow pitch in rad for that of the next frame of so many seconds."""
        if self._pitch is None:
            self._pitch = pitch
        most = _FASTEST * seconds
        self._pitch += min(max(_FOLLOWS * seconds * (pitch - self._pitch), -most), most)
        return self._pitch
