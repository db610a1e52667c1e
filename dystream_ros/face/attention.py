"""Whom to look at among several people: mostly the one who speaks, the others now and then, and nobody for moments.

People in a group look at the one who speaks 88 % of the time in the study of Vertegaal et al. (2001), and while they
speak themselves they share their gaze among all. In pairs people look at the other 75 % of the time while they listen,
and 41 % while they speak (Argyle and Ingham 1972); the model has learned such glances away, so that looking at nobody
is off by default.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from dystream_ros.face.sighting import Point, beside

_LISTENING, _SPEAKING = (1.5, 4.0), (1.0, 2.5)  # s of a stay with one person
_GLANCE = (0.6, 1.4)  # s of a stay with somebody who does not speak
_AWAY = (0.6, 2.2)  # s of a glance at nobody (Kendon 1967)
_AWAY_ANGLE = (math.radians(8.0), math.radians(18.0))
_SEED = 0x5EE


@dataclass(frozen=True)
class AttentionConfig:
    """How gaze is shared.

    Attributes:
        speaker_share: share of the choices among people that fall on the person who speaks, 0 to 1.
        patience: s for which somebody who is no longer seen is still looked at.
        gaze_listening, gaze_speaking: share of the time in which anybody is looked at, while the own party is silent,
            and while it speaks; 0 to 1.
    """

    speaker_share: float = 0.85
    patience: float = 1.0
    gaze_listening: float = 1.0
    gaze_speaking: float = 1.0


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
        self._away = 0.0  # rad beside the chosen person; 0 for a look at the person
        self._speaker = ""

    @property
    def chosen(self) -> str:
        """The person who is looked at, or beside whom; "" for nobody."""
        return self._chosen

    @property
    def seen(self) -> frozenset[str]:
        """The people who are seen, or were within the patience."""
        return frozenset(self._seen)

    @property
    def away(self) -> bool:
        """Whether the gaze rests beside the chosen person."""
        return self._away != 0.0

    def see(self, people: Mapping[str, Point], now: float) -> None:
        """Take the positions of the people who are seen now, by id; m, in any one frame each."""
        self._seen |= {person: (point, now) for person, point in people.items()}

    def look(self, now: float, speaker: str = "", self_speaking: bool = False) -> Point | None:
        """Where to look at `now`, s, in the frame of `chosen`; None where nobody is seen.

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
        if self._chosen not in self._seen:
            return None
        point = self._seen[self._chosen][0]
        return beside(point, self._away) if self._away else point

    def _choose(self, now: float, speaker: str, self_speaking: bool, began: bool) -> None:
        people = sorted(self._seen)
        was_away, self._away = self._away != 0.0, 0.0
        if not people:
            self._chosen = ""
            return
        length = _SPEAKING if self_speaking else _LISTENING
        share = self.config.gaze_speaking if self_speaking else self.config.gaze_listening
        if not began and self._looks_away(share, length, was_away) and self._chosen in self._seen:
            side = float(self._random.choice((-1.0, 1.0)))
            self._away = side * float(self._random.uniform(*_AWAY_ANGLE))
            self._until = now + float(self._random.uniform(*_AWAY))
            return
        others = [person for person in people if person != self._chosen] or people
        if speaker in self._seen and not self_speaking:
            if began or self._random.random() < self.config.speaker_share:
                others = [speaker]
            else:
                others, length = [person for person in people if person != speaker] or people, _GLANCE
        self._chosen = others[int(self._random.integers(len(others)))]
        self._until = now + float(self._random.uniform(*length))

    def _looks_away(self, share: float, length: tuple[float, float], was_away: bool) -> bool:
        """Whether the next stay is with nobody, so that people get `share` of the time."""
        if share >= 1.0:
            return False
        if share <= 0.0:
            return True
        # A stay away follows one with a person with the probability p: p A / (p A + P) = 1 - share. Where that needs
        # more than every time, glances away follow each other.
        person, away = sum(length) / 2, sum(_AWAY) / 2
        often = (1.0 - share) / share * person / away
        return self._random.random() < ((1.0 - 1.0 / often if often > 1.0 else 0.0) if was_away else min(often, 1.0))


def nearest(people: Mapping[str, Point], point: Point, within: float) -> str:
    """The person whose direction is nearest to that of a point, seen from the origin; "" beyond `within` rad."""
    best, smallest = "", within
    for person, place in sorted(people.items()):
        cosine = np.dot(place, point) / max(float(np.linalg.norm(place) * np.linalg.norm(point)), 1e-9)
        angle = math.acos(min(max(float(cosine), -1.0), 1.0))
        if angle < smallest:
            best, smallest = person, angle
    return best
