"""What the screen shows at an instant: how much of the live face, and how bright. Needs neither ROS nor a screen."""

import math
from dataclasses import dataclass

from dystream_ros.nodes.parameters import DisplaySettings

# Seconds to dim: slow enough not to be taken for a fault. To wake is as fast as the fade between faces.
_DIMMING = 3.0


@dataclass(frozen=True)
class Appearance:
    """
    Attributes:
        live: share of the live picture over the face at rest, 0 to 1.
        brightness: 0 to 1.
    """

    live: float
    brightness: float


class Presence:
    """Follows what arrives; all times are steady seconds, in any order of calls with rising times."""

    def __init__(self, now: float) -> None:
        self._live = _Ramp(0.0, now)
        self._brightness = _Ramp(1.0, now)
        self._picture_at = -math.inf
        self._active_at = now
        self._motion_known = False

    def picture(self, now: float, settings: DisplaySettings) -> None:
        """A picture came."""
        # Without motion nobody knows who speaks. And a face that comes back is an event, also while nobody speaks.
        if not self._motion_known or self.stopped(now, settings):
            self._active_at = now
        self._picture_at = now

    def motion(self, now: float, speaking: bool) -> None:
        """A motion frame came."""
        self._motion_known = True
        if speaking:
            self._active_at = now

    def stopped(self, now: float, settings: DisplaySettings) -> bool:
        """Whether no picture has come for so long that the face is to rest."""
        return now - self._picture_at > settings.image_timeout

    def at(self, now: float, settings: DisplaySettings) -> Appearance:
        """The appearance now."""
        live = 0.0 if self.stopped(now, settings) else 1.0
        since = max(now - self._active_at, 0.0 if self._picture_at == -math.inf else now - self._picture_at)
        idle = settings.idle_after > 0 and since > settings.idle_after
        brightness, seconds = (settings.idle_brightness, _DIMMING) if idle else (1.0, settings.fade)
        return Appearance(
            self._live.towards(live, now, settings.fade), self._brightness.towards(brightness, now, seconds)
        )


class _Ramp:
    """A number that goes to its target evenly, from 0 to 1 in a given time."""

    def __init__(self, value: float, now: float) -> None:
        self._value = value
        self._now = now

    def towards(self, target: float, now: float, seconds: float) -> float:
        """The number now; `target` counts since the call before."""
        step = (now - self._now) / seconds if seconds > 0 else math.inf
        self._value = min(target, self._value + step) if self._value < target else max(target, self._value - step)
        self._now = now
        return self._value
