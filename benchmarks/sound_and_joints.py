"""Sound against joints: python -m benchmarks.sound_and_joints (after `source scripts/env.sh`; needs pulseaudio).

A voice goes live through head, `speaker` and `actuators`. The sound comes out of a null sink of a real sound server,
whose monitor is recorded; `simulated_head` moves the joints. Each joint is compared with the motion whose sound comes
out of the sink at that instant, and with the command that its controller had for it.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np

from benchmarks.sound_and_face import Recording, heard_places
from benchmarks.sound_nodes import SINK, sounding_nodes
from dystream_ros.actuators.calibration_file import read_calibration
from dystream_ros.actuators.mapping import Mapping
from dystream_ros.cli.actuator_motion import shipped_or_path
from dystream_ros.face.arkit import ARKIT_NAMES
from dystream_ros.simulation.joint_recording import JointRecording
from dystream_ros.simulation.performance import lag

OUTPUT = Path("benchmarks/sound_and_joints.json")
_MIDDLE = 20_000_000  # ns from the stamp of a motion to the instant that it shows
_STEP = 0.01  # s
_STILL = 0.005  # rad of standard deviation; below it a lag has no meaning


def measure(minutes: float) -> dict[str, object]:
    """Run all nodes for some minutes; lags in ms, positive where the joint is late.

    Raises:
        RuntimeError: a node ended, or too little of the sound was found in the recording.
    """
    with sounding_nodes() as stage:
        stage.start("dystream_ros.nodes.head", "--ros-args", "-p", "self_mode:=live", "-p", "images:=false")
        names = ("-r", "audio:=self/audio_aligned", "-p", f"device:={SINK}", "-p", "buffer_ms:=100.0")
        stage.start("dystream_ros.nodes.speaker", "--ros-args", *names, sound=True)
        stage.start("dystream_ros.nodes.actuators", "--ros-args", "-p", "engage:=true")
        joints = stage.folder / "joints.csv"
        stage.start("dystream_ros.nodes.simulated_head", "--ros-args", "-p", f"output:={joints}")
        recording = Recording(f"{SINK}.monitor", stage.sound)
        output = stage.folder / "probe.npz"
        probe = stage.start("benchmarks.sound_probe", str(output), "0", "--motions")
        load = stage.run(minutes)
        clocks = time.time_ns() - time.monotonic_ns()  # the stamps of the joints are those of ROS time
        probe.stop()
        recording.stop()
        with np.load(output) as probed:
            figures = _evaluate(dict(probed), recording, JointRecording.read(joints), clocks)
    return {"minutes": minutes, **load, **figures}


def _evaluate(
    probed: dict[str, np.ndarray], recording: Recording, moved: JointRecording, clocks: int
) -> dict[str, object]:
    calibration = read_calibration(shipped_or_path(Path("research")))
    places, heard = heard_places(probed["aligned"], probed["chunks"], recording)
    stamps, indices, _ = probed["chunks"].T
    shown = np.interp(probed["stamps"] + _MIDDLE, stamps, indices)  # sample that each motion belongs to
    inside = (shown >= places[0]) & (shown <= places[-1])
    instants = (np.interp(shown[inside], places, heard) + clocks) / 1e9
    mapping = Mapping(calibration, ARKIT_NAMES, [0.0] * len(ARKIT_NAMES))
    wanted = np.array([mapping.positions(each[:52], each[52:]) for each in probed["motions"][inside]])
    wanted = np.clip(wanted, *np.array([(joint.minimum, joint.maximum) for joint in calibration.joints]).T)
    times = np.arange(instants[0], instants[-1], _STEP)
    joints: dict[str, object] = {}
    for name, column in zip(calibration.names, wanted.T):
        index = moved.names.index(name)
        target, position, desired = (
            np.interp(times, at, values)
            for at, values in (
                (instants, column),
                (moved.stamps, moved.position[:, index]),
                (moved.stamps, moved.desired[:, index]),
            )
        )
        if target.std() > _STILL:
            joints[name] = {
                "behind_sound_ms": round(1e3 * lag(position, target, _STEP), 1),
                "behind_command_ms": round(1e3 * lag(position, desired, _STEP), 1),
                "rms": round(float(np.sqrt(np.mean((position - target) ** 2))), 4),
            }
    waited = np.interp(shown[inside], indices, probed["chunks"][:, 2])  # steady time of arrival of the sound
    return {
        "motions": int(inside.sum()),
        "sound_after_motion_ms": round(float(np.median(instants * 1e9 - clocks - waited)) / 1e6, 1),
        "joints": joints,
    }


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.sound_and_joints", description=__doc__.partition("\n")[0]
    )
    parser.add_argument("--minutes", type=float, default=2.0, help="of measurement (default %(default)s)")
    args = parser.parse_args()
    text = json.dumps(measure(args.minutes), indent=1)
    print(text)
    OUTPUT.write_text(text + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
