"""python -m benchmarks.directions: what a model does under directions that are fed back to it, and that are not.

A conversation is played twice: with a direction from 5 s to 45 s, by the stage as it is, and by one that feeds all that
was shown back (`FedBack`). Writes benchmarks/directions.json, or into it with --only.
"""

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from benchmarks.directed_session import FRAME, Numbers, Scene, demo, play
from dystream_ros.engine.session import Session
from dystream_ros.face import numbers as n
from dystream_ros.face.aperture import aperture
from dystream_ros.face.dials import Dials
from dystream_ros.face.eyes import eye_angles, set_eye_angles
from dystream_ros.face.motion import MotionFrame
from dystream_ros.face.stages.directed import DirectedFace, _frame_of
from dystream_ros.models.registry import load_model
from dystream_ros.models.runtime import Runtime

RESULT = Path(__file__).with_name("directions.json")
ON, OFF, END = 5.0, 45.0, 60.0  # s
SEEDS = (0,)
TARGET = (1.0, 0.45, 0.0)  # 24 degrees to the left


class FedBack(DirectedFace):
    """Feeds back all that was shown. What it added to the numbers that the model continues is taken off again."""

    def reset(self) -> None:
        super().reset()
        self._added, self._eyes = n.zeros(), np.zeros((2, 2))

    def apply(self, motion: MotionFrame, now: float) -> MotionFrame:
        continued = ~(n.LIPS | n.LIDS | n.EYES)
        model = n.numbers_of(motion)
        own = model - np.where(continued, self._added, 0.0)
        set_eye_angles(own, eye_angles(model) - self._eyes)
        own = np.where(n.LIPS, model, own)
        shown = super().apply(_frame_of(motion, own), now)
        after = n.numbers_of(shown)
        self._added, self._eyes = after - own, eye_angles(after) - eye_angles(own)
        return shown

    def fed_back(self, shown: MotionFrame) -> MotionFrame:
        return shown


@dataclass(frozen=True)
class Direction:
    """Something to ask for, and its end."""

    begin: Callable[[DirectedFace], object]
    end: Callable[[DirectedFace], object]


def _rest(name: str) -> Direction:
    return Direction(lambda face: face.set_rest(name, True), lambda face: face.set_rest(name, False))


def _dials(**values: float) -> Direction:
    return Direction(lambda face: face.set_dials(Dials(**values)), lambda face: face.set_dials(Dials()))


DIRECTIONS = {
    "none": Direction(lambda face: None, lambda face: None),
    "look_at": Direction(lambda face: face.look_at(*TARGET), lambda face: face.look_ahead()),
    "mute": _rest("mute"),
    "idle": _rest("idle"),
    "sleep": _rest("sleep"),
    "head_motion 0.5": _dials(head_motion=0.5),
    "smiles 2": _dials(smiles=2.0),
    "articulation 0.5": _dials(articulation=0.5),
}


def directed(
    session: Session, scene: Scene, seed: int, face: DirectedFace, direction: Direction
) -> tuple[Numbers, Numbers]:
    """Numbers (frames, 58) that were shown, and that the model made, with a direction from `ON` to `OFF`."""

    def ask(now: float) -> None:
        for at, change in ((ON, direction.begin), (OFF, direction.end)):
            if now - FRAME < at <= now:
                change(face)

    return play(session, scene, seed, face, ask)


def gaze(shown: Numbers) -> Numbers:
    """Yaw of the gaze (frames,), degrees."""
    return np.degrees([eye_angles(each)[:, 0].mean() + each[n.YAW] for each in shown])


@dataclass(frozen=True)
class Figures:
    """Of one direction, means of the seeds.

    Attributes:
        gaze_error: median distance of the gaze's yaw from the target, 15 to 45 s, degrees.
        head_motion: standard deviation of the head's angles from 10 to 45 s, over that without a direction.
        lips: correlation of the aperture that the model made with that without a direction, 5 to 45 s.
        lips_shown: mean aperture that was shown, over that without a direction.
        blinks, brows: starts that were shown from 5 to 45 s, over those without a direction.
        largest_step: largest step of a head angle per frame in the 4 s after the end, degrees.
        lips_after: correlation of the aperture with that without a direction, 47 to 60 s.
        head_after: mean distance of the head's angles from those without a direction, 47 to 60 s, degrees.
    """

    gaze_error: float
    head_motion: float
    lips: float
    lips_shown: float
    blinks: float
    brows: float
    largest_step: float
    lips_after: float
    head_after: float


def _starts(values: Numbers, high: float) -> int:
    return int((np.diff((values > high).astype(int)) == 1).sum())


def measure(shown: Numbers, made: Numbers, plain: Numbers) -> list[float]:
    """The figures of one seed, in the order of `Figures`."""
    on, late, held = (slice(round(start / FRAME), round(OFF / FRAME)) for start in (ON, 15.0, 10.0))
    after, handed = slice(round(47 / FRAME), None), slice(round(OFF / FRAME), round((OFF + 4) / FRAME))
    angles = [n.ROLL, n.PITCH, n.YAW]
    yaw = np.degrees(np.arctan2(TARGET[1], TARGET[0]))
    gaps = [aperture(each[:, : n.VALUES]) for each in (made, shown, plain)]
    blink, brow = n.INDEX["eyeBlinkLeft"], n.INDEX["browInnerUp"]
    return [
        float(np.median(np.abs(gaze(shown[late]) - yaw))),
        float(shown[held][:, angles].std(0).mean() / plain[held][:, angles].std(0).mean()),
        float(np.corrcoef(gaps[0][on], gaps[2][on])[0, 1]),
        float(gaps[1][on].mean() / gaps[2][on].mean()),
        _starts(shown[on, blink], 0.5) / max(_starts(plain[on, blink], 0.5), 1),
        _starts(shown[on, brow], 0.2) / max(_starts(plain[on, brow], 0.2), 1),
        float(np.degrees(np.abs(np.diff(shown[handed][:, angles], axis=0)).max())),
        float(np.corrcoef(gaps[1][after], gaps[2][after])[0, 1]),
        float(np.degrees(np.abs(shown[after][:, angles] - plain[after][:, angles]).mean())),
    ]


def main(argv: list[str] | None = None) -> int:
    """Measure; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.directions", description=(__doc__ or "").split(": ")[1])
    parser.add_argument("--only", nargs="*", choices=DIRECTIONS, default=list(DIRECTIONS), help="directions")
    parser.add_argument("--seeds", type=int, nargs="+", default=list(SEEDS), help="of the motion")
    parser.add_argument("--curves", type=Path, help="folder for the numbers that were shown, as .npz")
    args = parser.parse_args(argv)
    session = Session(load_model("compact", Runtime()).network)
    scene = demo(END, session)

    def run(seed: int, stage: type[DirectedFace], name: str) -> tuple[Numbers, Numbers]:
        face = stage(session.layout, session.set_event_rates)
        return directed(session, scene, seed, face, DIRECTIONS[name])

    plain = {seed: run(seed, DirectedFace, "none")[0] for seed in args.seeds}
    figures: dict[str, dict[str, dict[str, float]]] = {}
    for name in args.only:
        figures[name] = {}
        for kind, stage in (("as it is", DirectedFace), ("fed back", FedBack)):
            played = {seed: run(seed, stage, name) for seed in args.seeds}
            rows = [measure(*played[seed], plain[seed]) for seed in args.seeds]
            figures[name][kind] = {
                key: round(value, 3) for key, value in asdict(Figures(*np.mean(rows, axis=0).tolist())).items()
            }
            sys.stdout.write(f"{name:18} {kind:9} {json.dumps(figures[name][kind])}\n")
            sys.stdout.flush()
            if args.curves:
                args.curves.mkdir(parents=True, exist_ok=True)
                shown, made = played[args.seeds[0]]
                np.savez(args.curves / f"{name} {kind}.npz", shown=shown, made=made, plain=plain[args.seeds[0]])
    known = json.loads(RESULT.read_text()) if RESULT.exists() else {}
    RESULT.write_text(json.dumps(known | figures, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
