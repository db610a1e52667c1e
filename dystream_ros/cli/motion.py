"""dystream motion: motion of a recorded conversation as CSV or NPZ.

Writes the frames that the head node makes of the same audio in driven time: coefficients by name, head pose and who
speaks. Needs no ROS.
"""

import argparse
import csv
from collections.abc import Iterable
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dystream_ros.engine.conversation import Frame
    from dystream_ros.face.motion import MotionLayout

EXAMPLES = """examples:
  dystream motion --self robot.wav --other visitor.wav -o motion.csv
  dystream motion --self stereo.wav --self-channel 0 --other stereo.wav --other-channel 1 -o motion.npz
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the options."""
    from dystream_ros.cli import recorded_conversation

    recorded_conversation.add_arguments(parser)
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE", help="motion.csv or motion.npz")


def run(args: argparse.Namespace) -> int:
    """Runs the command."""
    from dystream_ros.cli import recorded_conversation
    from dystream_ros.cli.arguments import check_output
    from dystream_ros.recording.replacing import replacing

    recorded_conversation.check(args)
    writers = {".csv": _write_csv, ".npz": _write_npz}
    check_output(args.output, tuple(writers))
    session = recorded_conversation.open_session(args)
    frames = recorded_conversation.frames(args, session)
    with replacing(args.output) as partial:
        count = writers[args.output.suffix](partial, session.layout, frames)
    names = len(session.layout.names)
    what = f"{names} coefficients and the head pose" if names else "the head pose"
    print(f"wrote {args.output}: {count} frames, {count * 0.04:.1f} s, {what}")
    return 0


def _write_csv(path: Path, layout: "MotionLayout", frames: "Iterable[Frame]") -> int:
    """Writes a row per frame; returns how many."""
    from dystream_ros.face.motion import POSE_NAMES

    count = 0
    rest = iter(frames)
    begun = list(islice(rest, 1))  # what fails at once leaves no file
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["frame", "seconds", "speaking", *layout.names, *POSE_NAMES])
        for frame in chain(begun, rest):
            motion = frame.motion
            numbers = (f"{number:.6g}" for part in (motion.values, motion.head_pose) for number in part)
            writer.writerow([motion.frame, f"{motion.frame * 0.04:.2f}", motion.speaking, *numbers])
            count += 1
    return count


def _write_npz(path: Path, layout: "MotionLayout", frames: "Iterable[Frame]") -> int:
    """Writes an array per quantity, frames first; returns how many frames."""
    import numpy as np

    from dystream_ros.face.motion import POSE_NAMES

    motions = [frame.motion for frame in frames]
    np.savez_compressed(
        path,
        names=np.array(layout.names),
        values=np.array([motion.values for motion in motions]),
        pose_names=np.array(POSE_NAMES),
        head_pose=np.array([motion.head_pose for motion in motions]),
        speaking=np.array([motion.speaking for motion in motions]),
        frame_rate=np.array(25.0),
    )
    return len(motions)
