"""The motion of a bag at the frame rate of a video."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from dystream_ros.bags.definitions import BagError, fields_of
from dystream_ros.bags.reading import Record
from dystream_ros.face.head_pose import pose_from_quaternion
from dystream_ros.face.motion import ARKIT_LAYOUT, MotionFrame

FRAME_NS = 40_000_000
FACE_MOTION = "dystream_ros/msg/FaceMotion"
# A motion that is missing is replaced by the one before it. After a longer gap, as after a jump of the clock, the video
# goes on at once.
_HELD = 250  # frames
_BACK_NS = 1_000_000_000


@dataclass(frozen=True)
class ShownMotion:
    """The motion of one frame of a video.

    Attributes:
        stamp_ns: ROS time of the frame.
        recorded_ns: time at which the newest motion up to it was recorded.
        cut: the time line begins here: the first frame, or one after a jump.
    """

    motion: MotionFrame
    stamp_ns: int
    recorded_ns: int
    cut: bool


def motion_frame(record: Record) -> MotionFrame:
    """The motion of a FaceMotion with the names of ARKit.

    Raises:
        BagError: the message has another type, other names, or values that are not finite.
    """
    if record.type_name != FACE_MOTION:
        raise BagError(f"{record.topic} holds {record.type_name}; accepted is {FACE_MOTION}")
    with fields_of(record.topic, record.type_name):
        message = record.message
        if tuple(message.names) != ARKIT_LAYOUT.names or len(message.values) != len(ARKIT_LAYOUT.names):
            raise BagError(
                f"{record.topic} holds motion of a model without the 52 coefficients of ARKit ({len(message.values)} "
                "values); `dystream bag --generate` computes it again from the audio"
            )
        position, turn = message.head_pose.position, message.head_pose.orientation
        angles = pose_from_quaternion(turn.x, turn.y, turn.z, turn.w)
        pose = np.array([*angles, position.x, position.y, position.z], np.float32)
        values = np.asarray(message.values, np.float32)
        if not (np.isfinite(values).all() and np.isfinite(pose).all()):
            raise BagError(f"{record.topic} holds a motion with values that are not finite, frame {message.frame}")
        return MotionFrame(message.frame, values, pose, message.speaking)


def at_frame_rate(records: Iterable[Record]) -> Iterator[ShownMotion]:
    """25 motions per second: frames by their stamps, gaps filled, repetitions left out."""
    next_ns: int | None = None
    held: MotionFrame | None = None
    for record in records:
        motion = motion_frame(record)
        with fields_of(record.topic, record.type_name):
            stamp = record.message.header.stamp
            stamp_ns = int(stamp.sec) * 1_000_000_000 + int(stamp.nanosec)
        cut = next_ns is None or stamp_ns < next_ns - _BACK_NS or stamp_ns > next_ns + _HELD * FRAME_NS
        if next_ns is None or cut:
            next_ns = stamp_ns
        if stamp_ns < next_ns - FRAME_NS // 2:
            continue
        while held is not None and stamp_ns >= next_ns + FRAME_NS // 2:
            yield ShownMotion(held, next_ns, record.recorded_ns, False)
            next_ns += FRAME_NS
        yield ShownMotion(motion, next_ns, record.recorded_ns, cut)
        held, next_ns = motion, next_ns + FRAME_NS
