"""Whom to look at among several people: mostly the one who speaks, and the others now and then.

People in a group look at the one who speaks 88 % of the time in the study of Vertegaal et al. (2001), and while they
speak themselves they share their gaze among all.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

Point = tuple[float, float, float]

_LISTENING, _SPEAKING = (1.5, 4.0), (1.0, 2.5)  # s of a stay with one person
_GLANCE = (0.6, 1.4)  # s of a stay with somebody who does not speak
_SEED = 0x5EE


@dataclass(frozen=True)
class AttentionConfig:
    """How gaze is shared among people.

    Attributes:
        speaker_share: share of the choices that fall on the person who speaks, 0 to 1.
        patience: s for which somebody who is no longer seen is still looked at.
    """

    speaker_share: float = 0.85
    patience: float = 1.0


class Attention:
    """Chooses one of the people who are seen; deterministic for the same input.

    Args:
        config: how gaze is shared.
    """

    def __init__(self, config: AttentionConfig) -> None:
        self.config = config
        self._random = np.random.default_rng(_SEED)
        self._seen: dict[str, tuple[Point, float]] = {}
        self._chosen, self._until = "", -math.inf
        self._speaker = ""

    @property
    def chosen(self) -> str:
        """The person who is looked at; "" for nobody."""
        return self._chosen

    def see(self, people: Mapping[str, Point], now: float) -> None:
        """Take the positions of the people who are seen now, by id; m, in any one frame."""
        self._seen |= {person: (point, now) for person, point in people.items()}

    def look(self, now: float, speaker: str = "", self_speaking: bool = False) -> Point | None:
        """Where to look at `now`, s; None where nobody is seen.

        Args:
            speaker: id of the person who speaks; "" for nobody, or unknown.
            self_speaking: whether the own party speaks.
        """
        self._seen = {
            person: (point, at) for person, (point, at) in self._seen.items() if now - at <= self.config.patience
        }
        began = speaker != "" and speaker != self._speaker and speaker in self._seen
        self._speaker = speaker
        if self._chosen not in self._seen or now >= self._until or (began and not self_speaking):
            self._choose(now, speaker, self_speaking, began)
        return self._seen[self._chosen][0] if self._chosen in self._seen else None

    def _choose(self, now: float, speaker: str, self_speaking: bool, began: bool) -> None:
        people = sorted(self._seen)
        if not people:
            self._chosen = ""
            return
        others = [person for person in people if person != self._chosen] or people
        length = _SPEAKING if self_speaking else _LISTENING
        if speaker in self._seen and not self_speaking:
            if began or self._random.random() < self.config.speaker_share:
                others = [speaker]
            else:
                others, length = [person for person in people if person != speaker] or people, _GLANCE
        self._chosen = others[int(self._random.integers(len(others)))]
        self._until = now + float(self._random.uniform(*length))


def nearest(people: Mapping[str, Point], point: Point, within: float) -> str:
    """The person whose direction is nearest to that of a point, seen from the origin; "" beyond `within` rad."""
    best, smallest = "", within
    for person, place in sorted(people.items()):
        cosine = np.dot(place, point) / max(float(np.linalg.norm(place) * np.linalg.norm(point)), 1e-9)
        angle = math.acos(min(max(float(cosine), -1.0), 1.0))
        if angle < smallest:
            best, smallest = person, angle
    return best
