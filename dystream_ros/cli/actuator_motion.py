"""The recorded motion that `dystream actuators check` runs through the joints."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

    Motion = tuple[tuple[str, ...], tuple[float, ...], np.ndarray, np.ndarray]

SHIPPED = ("beginner", "research", "full")


def shipped_or_path(file: Path) -> Path:
    """The file of a shipped calibration by its name, or the path itself."""
    from dystream_ros.nodes.common.share import share_folder

    if str(file) in SHIPPED and not file.is_file():
        return share_folder() / "config" / "actuators" / f"{file}.yaml"
    return file


def recorded_motion(args: argparse.Namespace) -> "Motion":
    """Names and neutral values, values (frames, values) and head poses (frames, 6) of the motion of a command line.

    Raises:
        ValueError: both a motion and audio, or a file that is no motion.
    """
    if args.motion is not None:
        if args.self_path or args.other_path:
            raise ValueError("--motion stands for the audio; leave out --self and --other")
        from dystream_ros.face.motion_file import read_motion

        motion = read_motion(args.motion)
        return motion.names, (0.0,) * len(motion.names), motion.values, motion.head_pose
    return _of_audio(args)


def _of_audio(args: argparse.Namespace) -> "Motion":
    import numpy as np

    from dystream_ros.assets import demo_conversation
    from dystream_ros.cli import recorded_conversation

    if args.self_path is None and args.other_path is None:
        args.self_path = args.other_path = demo_conversation()
        args.self_channel, args.other_channel = 0, 1
    recorded_conversation.check(args)
    session = recorded_conversation.open_session(args)
    motions = [frame.motion for frame in recorded_conversation.frames(args, session)]
    layout = session.layout
    values = np.array([motion.values for motion in motions]).reshape(len(motions), len(layout.names))
    return layout.names, layout.neutral, values, np.array([motion.head_pose for motion in motions])
