"""dystream motion: the motion of a recorded conversation as numbers."""

import argparse
import csv
from pathlib import Path

EXAMPLES = """examples:
  dystream motion --self robot.wav --other visitor.wav -o motion.csv
  dystream motion --self stereo.wav --self-channel 0 --other stereo.wav --other-channel 1 -o motion.npz
"""


def add_parser(subparsers: argparse._SubParsersAction) -> None:
    """Declares the command."""
    from dystream_ros.cli import _conversation

    parser = subparsers.add_parser(
        "motion",
        help="motion of a recorded conversation as CSV or NPZ",
        description="Motion of a recorded conversation: the frames that the head node makes in driven time.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _conversation.add_arguments(parser)
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE", help="motion.csv or motion.npz")


def run(args: argparse.Namespace) -> int:
    """Runs the command."""
    from dystream_ros.cli import _conversation

    _conversation.check(args)
    writers = {".csv": _write_csv, ".npz": _write_npz}
    if args.output.suffix not in writers:
        raise ValueError(f"the output is {args.output}; accepted are names that end in {' or '.join(writers)}")
    session = _conversation.open_session(args)
    args.output.parent.mkdir(parents=True, exist_ok=True)
    writers[args.output.suffix](args.output, session.layout, _conversation.frames(args, session))
    return 0


def _write_csv(path: Path, layout, frames) -> None:
    from dystream_ros.face.motion import POSE_NAMES

    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["frame", "seconds", "speaking", *layout.names, *POSE_NAMES])
        for frame in frames:
            motion = frame.motion
            numbers = (f"{number:.6g}" for part in (motion.values, motion.head_pose) for number in part)
            writer.writerow([motion.frame, f"{motion.frame * 0.04:.2f}", motion.speaking, *numbers])


def _write_npz(path: Path, layout, frames) -> None:
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
