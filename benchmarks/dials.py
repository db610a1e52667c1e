"""python -m benchmarks.dials: what each dial of the behaviour does, from 0 to 2.

Sizes and eye contact change nothing but what they are named for, so they are measured on one motion of the model per
seed; rates change the model's draws. Writes benchmarks/dials.json. Two minutes.
"""

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.directed_session import FRAME, Numbers, Scene, demo, play
from dystream_lab.corpus import events
from dystream_ros.engine.session import Session
from dystream_ros.face import numbers as n
from dystream_ros.face.dials import Dials, EventRates
from dystream_ros.face.motion import SPEAKING_SELF, MotionFrame
from dystream_ros.face.stages.directed import DirectedFace
from dystream_ros.models.registry import load_model
from dystream_ros.models.runtime import Runtime

RESULT = Path(__file__).with_name("dials.json")
VALUES = (0.0, 0.5, 1.0, 1.5, 2.0)
SECONDS = 31.0  # the conversation
SEEDS = (0,)
Measure = Callable[[Numbers, Scene], float]


def _per_minute(starts: Callable[[Numbers], np.ndarray]) -> Measure:
    return lambda shown, scene: len(starts(shown)) / (len(shown) * FRAME / 60)


def _contact(speaking: bool) -> Measure:
    def share(shown: Numbers, scene: Scene) -> float:
        of_interest = ((scene.speaking[: len(shown)] & SPEAKING_SELF) > 0) == speaking
        return float(events.looks_at_partner(shown)[of_interest].mean())

    return share


def _mean(name: str) -> Measure:
    return lambda shown, scene: float(shown[:, n.INDEX[name]].mean())


def _shifts(shown: Numbers, scene: Scene) -> float:
    """Jumps of the eyes by more than 4 degrees within two frames, per minute."""
    yaw, pitch = events.eye_angles(shown)
    moved = np.hypot(yaw[2:] - yaw[:-2], pitch[2:] - pitch[:-2]) > 4.0
    return int((np.diff(moved.astype(int)) == 1).sum()) / (len(shown) * FRAME / 60)


def _head(shown: Numbers, scene: Scene) -> float:
    return float(np.degrees(shown[:, [n.ROLL, n.PITCH, n.YAW]].std(0).mean()))


# Dial of the head, how it is set, what is measured.
RATES: dict[str, tuple[Callable[[float], Dials], str, Measure]] = {
    "nod_rate": (lambda v: Dials(EventRates(nod=v)), "nods per minute", _per_minute(events.nods)),
    "blink_rate": (
        lambda v: Dials(EventRates(blink=v)),
        "blinks per minute",
        _per_minute(lambda shown: events.blinks(shown).starts),
    ),
    "brow_raise_rate": (
        lambda v: Dials(EventRates(brow_raise=v)),
        "raised brows per minute",
        _per_minute(events.brow_raises),
    ),
    "gaze_shift_rate": (lambda v: Dials(EventRates(gaze_shift=v)), "jumps of the eyes per minute", _shifts),
}
SIZES: dict[str, tuple[Callable[[float], Dials], str, Measure]] = {
    "smile_size": (lambda v: Dials(smiles=v), "mean smile", _mean("mouthSmileLeft")),
    "head_motion_size": (lambda v: Dials(head_motion=v), "standard deviation of the head's angles, degrees", _head),
    "articulation_size": (lambda v: Dials(articulation=v), "mean jawOpen", _mean("jawOpen")),
    "eye_contact_speaking": (lambda v: Dials(eye_contact_speaking=v), "share of eye contact", _contact(True)),
    "eye_contact_listening": (lambda v: Dials(eye_contact_listening=v), "share of eye contact", _contact(False)),
}


def replay(session: Session, scene: Scene, made: Numbers, dials: Dials) -> Numbers:
    """What is shown of a motion that the model made, by the stage alone."""
    face = DirectedFace(session.layout)
    face.set_dials(dials)
    shown = []
    for frame, each in enumerate(made.astype(np.float32)):
        motion = MotionFrame(frame, each[: n.VALUES], each[n.VALUES :], int(scene.speaking[frame]))
        shown.append(n.numbers_of(face.apply(motion, (frame + 0.5) * FRAME)))
    return np.stack(shown)


def main(argv: list[str] | None = None) -> int:
    """Measure; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.dials", description=(__doc__ or "").split(": ")[1])
    parser.add_argument("--seeds", type=int, nargs="+", default=list(SEEDS), help="of the motion")
    parser.add_argument("--only", nargs="*", choices=RATES | SIZES, default=list(RATES | SIZES), help="dials")
    args = parser.parse_args(argv)
    seeds = args.seeds
    session = Session(load_model("compact", Runtime()).network)
    scene = demo(SECONDS, session)
    made = {}
    table: dict[str, dict[str, object]] = json.loads(RESULT.read_text()) if RESULT.exists() else {}

    def played(seed: int, dials: Dials) -> tuple[Numbers, Numbers]:
        face = DirectedFace(session.layout, session.set_event_rates)
        face.set_dials(dials)
        shown = play(session, scene, seed, face)
        session.set_event_rates(EventRates())
        return shown

    for seed in seeds:
        made[seed] = played(seed, Dials())[1]
    for name in args.only:
        dials, what, measured = (RATES | SIZES)[name]
        row = {}
        for value in VALUES:
            figures = [
                measured(
                    made[seed]
                    if value == 1.0
                    else played(seed, dials(value))[0]
                    if name in RATES
                    else replay(session, scene, made[seed], dials(value)),
                    scene,
                )
                for seed in seeds
            ]
            row[f"{value:g}"] = round(float(np.mean(figures)), 3)
        table[name] = {"measure": what, **row}
        sys.stdout.write(f"{name:22} {what:48} {row}\n")
        sys.stdout.flush()
        RESULT.write_text(json.dumps(table, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
