"""Which picture of a head is the most neutral."""

import math

import numpy as np

from dystream_ros.face.motion import ARKIT_LAYOUT, MotionLayout
from dystream_ros.nodes.display.neutral import WINDOW, NeutralPicture, deviation

NO_POSE = np.zeros(6)


def face(index, side=4):
    """A picture of one shade."""
    return np.full((side, side, 3), index, np.uint8)


def far(amount, pose=NO_POSE):
    values = np.zeros(len(ARKIT_LAYOUT.names), np.float32)
    values[17] = amount
    return deviation(values, pose, ARKIT_LAYOUT)


def kept(*frames, seconds=0.04):
    """Index of the most neutral of some frames (index, deviation); deviation None: its motion is missing."""
    neutral = NeutralPicture()
    for stamp, (index, deviation_) in enumerate(frames):
        if deviation_ is not None:
            neutral.motion(stamp, deviation_)
        neutral.picture(stamp, face(index), stamp * seconds)
    best = neutral.best()
    return None if best is None else best[0, 0, 0]


def test_the_deviation_grows_with_expression_and_turn_up_to_a_limit():
    assert far(0.0) == 0.0
    assert far(0.0) < far(0.1) < far(0.4) < far(0.9) == math.inf
    assert far(0.0) < far(0.0, np.array([0, 0.1, 0, 0, 0, 0])) < far(0.0, np.array([0, 0.5, 0, 0, 0, 0]))


def test_the_deviation_of_a_motion_without_named_values_is_infinite():
    assert deviation(np.zeros(0), NO_POSE, MotionLayout((), (), (), (), (), latent_size=512)) == math.inf


def test_the_picture_with_the_smallest_deviation_is_kept():
    assert kept((1, far(0.3)), (2, far(0.1)), (3, far(0.4)), (4, far(0.9))) == 2


def test_the_newest_picture_is_compared_too():
    assert kept((1, far(0.3)), (2, far(0.0))) == 2


def test_the_motion_of_a_picture_may_arrive_after_it():
    neutral = NeutralPicture()
    neutral.picture(7, face(1), 0.0)
    neutral.motion(7, 0.1)
    assert neutral.best()[0, 0, 0] == 1


def test_a_grimace_or_a_picture_without_motion_is_never_kept():
    assert kept((1, far(0.9)), (2, None)) is None


def test_a_picture_older_than_two_windows_is_forgotten():
    assert kept((1, 0.0), (2, 0.3), (3, 0.4), seconds=WINDOW * 0.4) == 1
    assert kept((1, 0.0), (2, 0.3), (3, 0.4), seconds=WINDOW * 1.5) == 2


def test_a_picture_of_another_face_is_forgotten():
    assert kept((1, far(0.0)), (200, far(0.3)), (201, far(0.4))) == 200


def test_a_face_that_turns_is_the_same_face():
    neutral = NeutralPicture()
    turned = face(1, side=64)
    turned[20:44, 10:54] = 120
    for stamp, (picture, amount) in enumerate([(face(1, side=64), 0.0), (turned, 0.3)]):
        neutral.motion(stamp, amount)
        neutral.picture(stamp, picture, 0.0)
    assert np.array_equal(neutral.best(), face(1, side=64))


def test_a_picture_of_another_size_is_forgotten():
    neutral = NeutralPicture()
    for stamp, (picture, amount) in enumerate([(face(1), 0.0), (face(2, side=8), 0.3)]):
        neutral.motion(stamp, amount)
        neutral.picture(stamp, picture, 0.0)
    assert neutral.best()[0, 0, 0] == 2
