"""Regions of the head that other nodes move: taken over, moved and given back without a jump."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dystream_ros.actuators.blend import Fade
from dystream_ros.actuators.calibration import REGIONS, Calibration
from dystream_ros.actuators.profile import Array


class RegionRefused(ValueError):
    """A region cannot be taken, moved or given back; the text says why."""


@dataclass
class _Region:
    joints: NDArray[np.intp]
    owner: str = ""
    weight: Fade = field(default_factory=Fade)
    blend: float = 0.0
    timeout: float = 0.0
    heard: float = 0.0  # time of the last target
    fading: list[tuple[Array, Fade]] = field(default_factory=list)  # targets and weights of the owners before


class Regions:
    """Owners and targets of the regions.

    Args:
        calibration: its joints and their regions.
    """

    def __init__(self, calibration: Calibration) -> None:
        regions = [joint.region for joint in calibration.joints]
        self._index = {name: index for index, name in enumerate(calibration.names)}
        self._regions = {
            name: _Region(np.array([i for i, region in enumerate(regions) if region == name], np.intp))
            for name in REGIONS
        }
        self._targets = np.array([joint.neutral for joint in calibration.joints])
        self._ranges = [(joint.minimum, joint.maximum) for joint in calibration.joints]

    def owners(self) -> dict[str, str]:
        """The owner of each region that another node has taken."""
        return {name: region.owner for name, region in self._regions.items() if region.owner}

    def take(self, name: str, owner: str, blend: float, timeout: float, position: Array, now: float) -> None:
        """Give a region to an owner, who moves it with `move`; its joints first keep their present position.

        Args:
            blend: duration of the change, s; also when the region is given back.
            timeout: time without a target after which the region is given back, s; 0: never.
            position: present positions of all joints.

        Raises:
            RegionRefused: no such region, no joints in it, no owner, a time below 0, or another owner has it.
        """
        region = self._region(name)
        if not owner:
            raise RegionRefused("the owner has no name; give the name of your node")
        if not (0 <= blend <= 60 and 0 <= timeout <= 3600):
            raise RegionRefused(f"blend {blend} s, timeout {timeout} s; accepted are 0 to 60 and 0 to 3600 s")
        self._expire(region, now)  # joints that rest are not blended
        if region.owner not in ("", owner):
            raise RegionRefused(f"the region '{name}' belongs to '{region.owner}' until it gives it back")
        if not region.owner:
            if region.weight.value > 0:
                # What is left of the owner before fades below the new one: nothing jumps, and nothing returns there.
                left = Fade(region.weight.value)
                left.go(0.0, max(blend, region.blend))
                region.fading.append((self._targets[region.joints], left))
                region.weight = Fade()
            self._targets[region.joints] = position[region.joints]
        region.owner, region.blend, region.timeout, region.heard = owner, blend, timeout, now
        region.weight.go(1.0, blend)

    def give_back(self, name: str, owner: str) -> None:
        """Give a region back to the face.

        Raises:
            RegionRefused: no such region, or it belongs to another owner.
        """
        region = self._region(name)
        if region.owner != owner:
            raise RegionRefused(f"the region '{name}' belongs to '{region.owner or 'the face'}', not to '{owner}'")
        self._release(region)

    def move(self, name: str, positions: dict[str, float], now: float) -> None:
        """Set targets of joints of a region, rad; beyond the range of a joint they are cut off.

        Raises:
            RegionRefused: nobody has taken the region, a joint is not in it, or a position is not finite.
        """
        region = self._region(name)
        if not region.owner:
            raise RegionRefused(f"nobody has taken the region '{name}'; take it first")
        joints = set(region.joints.tolist())
        for joint, position in positions.items():
            if self._index.get(joint) not in joints:
                raise RegionRefused(f"'{joint}' is no joint of the region '{name}'")
            if not np.isfinite(position):
                raise RegionRefused(f"the position {position} of '{joint}' is not finite")
        for joint, position in positions.items():
            index = self._index[joint]
            low, high = self._ranges[index]
            # What follows would run far beyond the range: the way back takes long, and the numbers may overflow.
            self._targets[index] = min(max(position, low), high)
        region.heard = now

    def blend(self, own: Array, now: float, seconds: float) -> Array:
        """Targets of the face (joints,) with those of the owners mixed in; `seconds` since the last call."""
        mixed = own.copy()
        for region in self._regions.values():
            self._expire(region, now)
            joints = region.joints
            for targets, weight in (*region.fading, (self._targets[joints], region.weight)):
                mixed[joints] += weight.step(seconds) * (targets - mixed[joints])
            region.fading = [each for each in region.fading if each[1].value > 0]
        return mixed

    def _expire(self, region: _Region, now: float) -> None:
        if region.owner and 0 < region.timeout < now - region.heard:
            self._release(region)

    def _release(self, region: _Region) -> None:
        region.owner = ""
        region.weight.go(0.0, region.blend)

    def _region(self, name: str) -> _Region:
        region = self._regions.get(name)
        if region is None:
            raise RegionRefused(f"there is no region '{name}'; there are {', '.join(REGIONS)}")
        if not len(region.joints):
            raise RegionRefused(f"the calibration has no joints in the region '{name}'")
        return region
