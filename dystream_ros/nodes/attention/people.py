"""The people whom any source sees, by id, with the frame of their positions."""

import math
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from dystream_ros.face.attention import nearest
from dystream_ros.face.sighting import Point


@dataclass
class People:
    """What one source sees now.

    Attributes:
        places: positions by id, m.
        frames: frame of each position, by id.
        at: steady time of the message that says so, s.
    """

    places: dict[str, Point] = field(default_factory=dict)
    frames: dict[str, str] = field(default_factory=dict)
    at: float = -math.inf

    def replace(self, places: Mapping[str, Point], frame: str) -> None:
        """See these people, all in one frame, and nobody else."""
        self.places = dict(places)
        self.frames = dict.fromkeys(places, frame)
        self.at = time.monotonic()


class Recognised:
    """Ids for people whose source gives none: the nearest direction of the last time is the same person.

    Args:
        prefix: of the ids.
        within: largest change of direction between two messages, rad.
    """

    def __init__(self, prefix: str, within: float) -> None:
        self._prefix, self._within = prefix, within
        self._known: dict[str, Point] = {}
        self._next = 0

    def named(self, places: Iterable[Point]) -> dict[str, Point]:
        """The positions by id."""
        left, people = dict(self._known), {}
        for place in places:
            name = nearest(left, place, self._within)
            if name:
                del left[name]
            else:
                self._next += 1
                name = f"{self._prefix}_{self._next}"
            people[name] = place
        self._known = people
        return people
