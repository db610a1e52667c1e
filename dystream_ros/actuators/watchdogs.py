"""What the head does when motions or audio stop arriving."""

from dataclasses import dataclass

from dystream_ros.actuators.blend import Fade


@dataclass(frozen=True)
class WatchdogTimes:
    """Times in s.

    Attributes:
        motion: time without a motion after which the face is idle: it keeps its last position.
        motion_neutral: time without a motion after which it goes to neutral.
        audio: time without audio after which the mouth closes; 0: never.
        audio_neutral: time without audio after which the whole face goes to neutral; 0: never.
        ramp: duration of the way to neutral and back.
    """

    motion: float = 0.3
    motion_neutral: float = 1.0
    audio: float = 10.0
    audio_neutral: float = 0.0
    ramp: float = 1.0


class Watchdogs:
    """Weights of the face that fade when its sources are silent. Starts as if everything had just arrived at `now`."""

    def __init__(self, times: WatchdogTimes, now: float) -> None:
        self.times = times
        self._motion_at = float("-inf")
        self._audio_at = now
        self._face, self._mouth = Fade(0.0), Fade(1.0)
        self._now = now

    def motion(self, now: float) -> None:
        """A motion has arrived."""
        self._motion_at = now

    def audio(self, now: float) -> None:
        """Audio of a party has arrived."""
        self._audio_at = now

    def settle(self) -> None:
        """Take the weights that the next step would begin to go to: the ramp of engaging stands in for theirs."""
        self._go(self._now)
        self._face, self._mouth = Fade(self._face.to), Fade(self._mouth.to)

    @property
    def state(self) -> str:
        """ "live", "idle" or "neutral"."""
        silent = self._now - self._motion_at
        deaf = self._now - self._audio_at
        if self._face.to == 0:
            return "neutral"
        return "idle" if silent > self.times.motion or self._late(deaf, self.times.audio) else "live"

    def step(self, now: float, seconds: float) -> tuple[float, float]:
        """Weights of the whole face, and of its mouth, 0 (neutral) to 1 (as the motion says)."""
        self._now = now
        self._go(now)
        return self._face.step(seconds), self._mouth.step(seconds)

    def _go(self, now: float) -> None:
        silent, deaf = now - self._motion_at, now - self._audio_at
        lost = silent > self.times.motion_neutral or self._late(deaf, self.times.audio_neutral)
        self._face.go(0.0 if lost else 1.0, self.times.ramp)
        self._mouth.go(0.0 if self._late(deaf, self.times.audio) else 1.0, 0.3 * self.times.ramp)

    @staticmethod
    def _late(silence: float, limit: float) -> bool:
        return 0 < limit < silence
