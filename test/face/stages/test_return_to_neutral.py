"""The face reaches neutral without a jump, and failed frames are replaced by a transition to neutral."""

from dataclasses import replace

import numpy as np

from dystream_ros.face.motion import ARKIT_LAYOUT, MotionFrame, neutral_frame
from dystream_ros.face.stages.return_to_neutral import ReplaceFailedFrames, ReturnToNeutral, failed_frame

NEUTRAL = neutral_frame(ARKIT_LAYOUT)
JAW = ARKIT_LAYOUT.names.index("jawOpen")


def frame(value, index=0):
    return MotionFrame(index, np.full(52, value, np.float32), np.full(6, 0.2, np.float32))


def test_a_face_reaches_neutral_without_a_jump_and_stays_there():
    stage = ReturnToNeutral(NEUTRAL)
    assert stage.apply(frame(1.0, 41), 0.0).values[JAW] == 1.0
    stage.begin(10)
    shown = [stage.apply(frame(0.7, 42 + index), 0.0) for index in range(12)]
    jaw = [1.0] + [motion.values[JAW] for motion in shown]
    assert max(-np.diff(jaw)) < 0.17
    assert sorted(jaw, reverse=True) == jaw
    assert stage.arrived
    assert not shown[9].values.any()
    assert not shown[11].head_pose.any()
    assert [motion.frame for motion in shown] == list(range(42, 54))


def test_a_transition_of_no_frames_is_neutral_at_once():
    stage = ReturnToNeutral(NEUTRAL)
    stage.begin(0)
    assert not stage.apply(frame(1.0), 0.0).values.any()
    assert stage.arrived


def test_an_idle_stage_passes_the_motion_itself():
    motion = frame(0.4)
    assert ReturnToNeutral(NEUTRAL).apply(motion, 0.0) is motion
    assert ReplaceFailedFrames(NEUTRAL, lambda: 3).apply(motion, 0.0) is motion


def test_failed_frames_are_replaced_until_the_model_works_again():
    stage = ReplaceFailedFrames(NEUTRAL, lambda: 4)
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
    assert 0.3 < again.values[JAW] < 0.5, "the second transition starts at the present face"


def test_nan_in_the_head_pose_alone_is_a_failure():
    stage = ReplaceFailedFrames(NEUTRAL, lambda: 0)
    pose = np.array([0, np.nan, 0, 0, 0, 0], np.float32)
    assert not stage.apply(MotionFrame(0, np.full(52, 0.5, np.float32), pose), 0.0).values.any()


def test_a_latent_moves_to_the_neutral_one_without_a_jump():
    neutral = MotionFrame(0, np.zeros(0, np.float32), np.zeros(6, np.float32), latent=np.full(4, 2.0, np.float32))
    stage = ReturnToNeutral(neutral)
    stage.apply(
        MotionFrame(0, np.zeros(0, np.float32), np.zeros(6, np.float32), latent=np.full(4, -2.0, np.float32)), 0
    )
    stage.begin(10)
    way = [stage.apply(replace(neutral, frame=index), 0.0).latent[0] for index in range(1, 12)]
    assert max(np.diff([-2.0, *way])) < 0.7
    assert sorted(way) == way
    assert way[-1] == way[-2] == 2.0
