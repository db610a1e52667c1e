"""Opacity of the live picture and brightness of the screen over time. Needs neither ROS nor a screen."""

import math
from dataclasses import dataclass

from dystream_ros.nodes.parameters import DisplaySettings

# Duration of dimming: a sudden change would look like a fault. Brightening takes as long as `fade`.
_DIMMING = 3.0  # s


@dataclass(frozen=True)
class Appearance:
    """Opacity and brightness at an instant.

    Attributes:
        live: opacity of the live picture over the neutral picture, 0 to 1.
        brightness: 0 to 1.
    """

    live: float
    brightness: float


class Presence:
    """Tracks when images, motion and speech arrive. Times are steady seconds and never decrease from call to call."""

    def __init__(self, now: float) -> None:
        self._live = _Ramp(0.0, now)
        self._brightness = _Ramp(1.0, now)
        self._picture_at = -math.inf
        self._active_at = now
        self._motion_known = False

    def picture(self, now: float, settings: DisplaySettings) -> None:
        """Register the arrival of an image."""
        # Without motion it is unknown who speaks, so each image counts as activity. Images that resume do so always.
        if not self._motion_known or self.stopped(now, settings):
            self._active_at = now
        self._picture_at = now

    def motion(self, now: float, speaking: bool) -> None:
        """Register the arrival of a motion frame."""
        self._motion_known = True
        if speaking:
            self._active_at = now

    def stopped(self, now: float, settings: DisplaySettings) -> bool:
        """Whether no image has arrived for `image_timeout`."""
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
    """A number that moves linearly towards a target, at a slope of 1 per given duration."""

    def __init__(self, value: float, now: float) -> None:
        self._value = value
        self._now = now

    def towards(self, target: float, now: float, seconds: float) -> float:
        """The number at `now`; it has moved towards `target` since the previous call, at a slope of 1 / `seconds`."""
        step = (now - self._now) / seconds if seconds > 0 else math.inf
        self._value = min(target, self._value + step) if self._value < target else max(target, self._value - step)
        self._now = now
        return self._value
