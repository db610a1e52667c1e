"""An interruption closes the lips within two frames, and nothing else of the face."""

import numpy as np
import pytest

from dystream_ros.face.arkit import ARKIT_NAMES, SPEECH_INDEX
from dystream_ros.face.motion import MotionFrame
from dystream_ros.face.stages.close_lips import AMOUNTS, CloseLips, close_named_lips
from dystream_ros.face.stages.stage import MotionStages

OTHERS = [index for index in range(len(ARKIT_NAMES)) if index not in SPEECH_INDEX]


def talking(index=0):
    return MotionFrame(index, np.full(52, 0.5, np.float32), np.full(6, 0.1, np.float32))


def test_the_lips_close_within_two_frames_and_return_without_a_jump():
    stages = MotionStages([CloseLips(close_named_lips)])
    motion = talking()
    assert stages.apply(motion, 0.0) is motion
    stages.interrupt()
    shown = [stages.apply(talking(index), 0.0) for index in range(len(AMOUNTS) + 1)]
    lips = [frame.values[SPEECH_INDEX[0]] for frame in shown]
    assert lips == pytest.approx([0.2, 0, 0, 0, 0, 0, 0.125, 0.25, 0.375, 0.5])
    for frame in shown:
        assert (frame.values[OTHERS] == 0.5).all()
        assert (frame.head_pose == np.float32(0.1)).all()


def test_a_reset_ends_the_closing():
    stages = MotionStages([CloseLips(close_named_lips)])
    stages.interrupt()
    stages.reset()
    motion = talking()
    assert stages.apply(motion, 0.0) is motion


def test_the_given_motion_is_not_changed():
    stages = MotionStages([CloseLips(close_named_lips)])
    stages.interrupt()
    motion = talking()
    stages.apply(motion, 0.0)
    assert (motion.values == 0.5).all()
