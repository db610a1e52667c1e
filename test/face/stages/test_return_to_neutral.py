"""The face reaches neutral without a jump, and frames that a model cannot make are replaced by the way to it."""

import numpy as np

from dystream_ros.face.motion import ARKIT_LAYOUT, MotionFrame
from dystream_ros.face.stages.return_to_neutral import ReplaceFailedFrames, ReturnToNeutral, failed_frame

JAW = ARKIT_LAYOUT.names.index("jawOpen")


def frame(value, index=0):
    return MotionFrame(index, np.full(52, value, np.float32), np.full(6, 0.2, np.float32))


def test_a_face_reaches_neutral_without_a_jump_and_stays_there():
    stage = ReturnToNeutral(ARKIT_LAYOUT)
    assert stage.apply(frame(1.0, 41), 0.0).values[JAW] == 1.0
    stage.begin(10)
    way = [stage.apply(frame(0.7, 42 + index), 0.0) for index in range(12)]
    jaw = [1.0] + [motion.values[JAW] for motion in way]
    assert max(-np.diff(jaw)) < 0.17
    assert sorted(jaw, reverse=True) == jaw
    assert stage.arrived
    assert not way[9].values.any()
    assert not way[11].head_pose.any()
    assert [motion.frame for motion in way] == list(range(42, 54))


def test_a_way_of_no_length_is_neutral_at_once():
    stage = ReturnToNeutral(ARKIT_LAYOUT)
    stage.begin(0)
    assert not stage.apply(frame(1.0), 0.0).values.any()
    assert stage.arrived


def test_an_idle_stage_passes_the_motion_itself():
    motion = frame(0.4)
    assert ReturnToNeutral(ARKIT_LAYOUT).apply(motion, 0.0) is motion
    assert ReplaceFailedFrames(ARKIT_LAYOUT, lambda: 3).apply(motion, 0.0) is motion


def test_failed_frames_are_replaced_by_the_way_to_neutral_and_the_model_gets_the_face_back():
    stage = ReplaceFailedFrames(ARKIT_LAYOUT, lambda: 4)
    stage.apply(frame(0.8, 0), 0.0)
    shown = [stage.apply(failed_frame(ARKIT_LAYOUT, index), 0.0) for index in range(1, 7)]
    jaw = [motion.values[JAW] for motion in shown]
    assert 0.4 < jaw[0] < 0.8
    assert sorted(jaw, reverse=True) == jaw
    assert jaw[3:] == [0.0, 0.0, 0.0]
    assert [motion.frame for motion in shown] == list(range(1, 7))
    back = frame(0.5, 7)
    assert stage.apply(back, 0.0) is back
    again = stage.apply(failed_frame(ARKIT_LAYOUT, 8), 0.0)
    assert 0.3 < again.values[JAW] < 0.5, "the second way starts where the face is"


def test_a_number_that_is_none_in_the_head_pose_alone_is_a_failure_too():
    stage = ReplaceFailedFrames(ARKIT_LAYOUT, lambda: 0)
    pose = np.array([0, np.nan, 0, 0, 0, 0], np.float32)
    assert not stage.apply(MotionFrame(0, np.full(52, 0.5, np.float32), pose), 0.0).values.any()
