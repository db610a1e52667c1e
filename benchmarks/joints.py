"""Measures the joints: python -m benchmarks.joints (see docs/actuators.md).

Limits: random motion and faults, at 50 commands per second, all limits checked at every command. Silence: travel of
each joint of a face at rest, with and without dead bands. Lag: the simulated head against the motion whose sound is
heard, with and without the lead. Cost: processor time per command.
"""

import argparse
import json
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.joint_faults import drive
from dystream_ros.actuators.calibration import Calibration
from dystream_ros.actuators.calibration_file import read_calibration
from dystream_ros.actuators.joint_commands import Timing
from dystream_ros.actuators.replay import replay
from dystream_ros.assets import demo_conversation
from dystream_ros.cli import measuring

PARTS = ("limits", "silence", "lag", "cost")
HEADS = ("beginner", "research", "full")
OUTPUT = Path("benchmarks/joints.json")
Motion = tuple[tuple[str, ...], np.ndarray, np.ndarray]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.joints", description=__doc__)
    parser.add_argument("parts", nargs="*", default=PARTS, metavar="PART", help=f"of {', '.join(PARTS)}; default: all")
    parser.add_argument("--hours", type=float, default=1.0, help="of random motion and faults (default %(default)s)")
    parser.add_argument("--minutes", type=float, default=5.0, help="of silence (default %(default)s)")
    args = parser.parse_args()
    heads = {name: read_calibration(Path("config/actuators") / f"{name}.yaml") for name in HEADS}
    measures: dict[str, Callable[[], dict[str, object]]] = {
        "limits": lambda: _limits_of_all(heads, args.hours),
        "silence": lambda: _silence(heads["research"], _motion(args.minutes)),
        "lag": lambda: _lags(heads["research"], _motion(None)),
        "cost": lambda: {name: _cost(head, _motion(None)) for name, head in heads.items()},
    }
    for part in args.parts:
        found = {"machine": measuring.describe_machine()} | measures[part]()
        # Read again: another part may have been measured meanwhile.
        results = json.loads(OUTPUT.read_text()) if OUTPUT.exists() else {}
        OUTPUT.write_text(json.dumps(results | {part: found}, indent=1) + "\n")
        print(f"{part}: {json.dumps(found, indent=1)}")
    return 0


def _motion(minutes: float | None) -> Motion:
    """Names, values and poses of the shipped conversation, or of so many minutes of silence, by `compact`."""
    import tempfile

    import soundfile

    from dystream_ros.audio.resample import MEDIA_RATE
    from dystream_ros.engine.offline import frames_of_files
    from dystream_ros.engine.session import Session
    from dystream_ros.models.registry import load_model

    session = Session(load_model("compact", live=True).network, 0)
    with tempfile.TemporaryDirectory() as folder:
        path, channels = demo_conversation(), (0, 1)
        if minutes is not None:
            path, channels = Path(folder) / "silence.wav", (-1, -1)
            soundfile.write(path, np.zeros(round(minutes * 60 * MEDIA_RATE), np.float32), MEDIA_RATE)
        motions = [frame.motion for frame in frames_of_files(path, path, session, *channels)]
    values = np.array([motion.values for motion in motions])
    return session.layout.names, values, np.array([motion.head_pose for motion in motions])


def _limits_of_all(heads: dict[str, Calibration], hours: float) -> dict[str, object]:
    """`_limits` of each head, at the same time."""
    with ProcessPoolExecutor(len(heads)) as pool:
        return dict(zip(heads, pool.map(_limits, heads.values(), [hours] * len(heads))))


def _limits(calibration: Calibration, hours: float) -> dict[str, object]:
    """Commands, and how often each limit was broken."""
    broken: Counter[str] = Counter()
    commands = 0
    for _, wrong in drive(calibration, hours * 3600.0):
        broken.update(wrong)
        commands += 1
    return {"hours": hours, "commands": commands, "broken": dict(broken)}


def _silence(calibration: Calibration, motion: Motion) -> dict[str, object]:
    """Travel (rad), share of the time in motion and turning points of each joint, without and with dead bands."""
    names, values, pose = motion
    result = {}
    without = replace(calibration, joints=tuple(replace(joint, dead_band=0.0) for joint in calibration.joints))
    for label, each in (("without", without), ("with", calibration)):
        done = replay(each, names, [0.0] * len(names), values, pose)
        steps = np.diff(done.position[100:], axis=0)
        result[label] = {
            name: {
                "travel": round(float(np.abs(column).sum()), 3),
                "moving": round(float((column != 0).mean()), 4),
                "turns": int((np.diff(np.sign(column[column != 0])) != 0).sum()),
            }
            for name, column in zip(calibration.names, steps.T)
        }
    return {"minutes": round(len(values) / 1500, 2), **result}


def _lags(calibration: Calibration, motion: Motion) -> dict[str, object]:
    """Lag (ms), root mean square of the deviation (rad) and greatest deviation of each joint, with and without lead."""
    from dystream_ros.simulation.head import SimulatedHead
    from dystream_ros.simulation.performance import lag, perform

    names, values, pose = motion
    result: dict[str, object] = {"sound_delay_ms": 1e3 * Timing().sound_delay}
    without = replace(calibration, joints=tuple(replace(joint, lag=0.0) for joint in calibration.joints))
    for label, each in (("without", without), ("with", calibration)):
        instants = list(perform(SimulatedHead(each.names), each, names, values, pose, Timing()))
        wanted, reached = (np.array([getattr(instant, part) for instant in instants]) for part in ("wanted", "reached"))
        result[label] = {
            name: {
                "lag_ms": round(1e3 * lag(reached[:, index], wanted[:, index]), 1),
                "rms": round(float(np.sqrt(np.mean((reached - wanted)[:, index] ** 2))), 4),
            }
            for index, name in enumerate(each.names)
        }
    return result


def _cost(calibration: Calibration, motion: Motion) -> float:
    """Milliseconds of processor time per command; the least of three runs."""
    names, values, pose = motion
    spent = []
    for _ in range(3):
        start = time.thread_time()
        done = replay(calibration, names, [0.0] * len(names), values, pose)
        spent.append((time.thread_time() - start) / len(done.seconds))
    return round(1e3 * min(spent), 3)


if __name__ == "__main__":
    raise SystemExit(main())
