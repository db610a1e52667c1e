"""How awake a face is: mute, idle and asleep, as smooth factors of its motion."""

from dataclasses import dataclass

from dystream_ros.face.numbers import Numbers, vector

_TIME = {"mute": 0.12, "idle": 0.8, "sleep": 1.6}  # s of the change, each way
# Asleep: lids closed, the head sunk, eyes under the lids down.
ASLEEP: Numbers = vector({"eyeBlink": 1.0, "headPitch": 0.15, "headRoll": 0.05, "jawOpen": 0.03})


@dataclass(frozen=True)
class Calm:
    """Factors of a face's motion, each 0 to 1.

    Attributes:
        lips, head, expressive: of the lips, the head, and of brows, smiles, gaze.
        asleep: share of `ASLEEP` that is shown.
    """

    lips: float
    head: float
    expressive: float
    asleep: float


class Rest:
    """Mute (lips still), idle (calm, lips still) and sleep; each may be on, and changes smoothly."""

    def __init__(self) -> None:
        self._on = dict.fromkeys(_TIME, False)
        self.reset()

    def reset(self) -> None:
        """Complete all changes at once; what is on stays on."""
        self._level = {name: float(on) for name, on in self._on.items()}

    def set(self, name: str, on: bool) -> None:
        """Switch "mute", "idle" or "sleep"; raises KeyError for another name."""
        if name not in self._on:
            raise KeyError(name)
        self._on[name] = on

    @property
    def idle(self) -> bool:
        """Whether the face is fully awake."""
        return not any(self._on.values()) and not any(self._level.values())

    def step(self, seconds: float) -> Calm:
        """The factors of the next frame of so many seconds."""
        for name, time in _TIME.items():
            step, goal = seconds / time, float(self._on[name])
            self._level[name] += min(max(goal - self._level[name], -step), step)
        mute, idle, sleep = (level * level * (3.0 - 2.0 * level) for level in self._level.values())
        return Calm(
            lips=(1.0 - mute) * (1.0 - idle) * (1.0 - sleep),
            head=(1.0 - 0.5 * idle) * (1.0 - 0.9 * sleep),
            expressive=(1.0 - 0.8 * idle) * (1.0 - sleep),
            asleep=sleep,
        )
