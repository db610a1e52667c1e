"""Regions of a picture become points before the camera."""

import math

import pytest

from dystream_ros.face.sighting import SHOULDERS, beside, point_of_region

VIEW, ASPECT = math.radians(60.0), 4 / 3


def test_a_head_in_the_middle_is_straight_ahead_at_its_distance():
    # 0.16 m at 1 m, in a picture that shows 2 tan(30 degrees) = 1.155 m there
    half = 0.5 * 0.16 / (2 * math.tan(VIEW / 2))
    x, y, z = point_of_region(0.5 - half, 0.4, 0.5 + half, 0.6, VIEW, ASPECT)
    assert (x, y) == pytest.approx((1.0, 0.0))
    assert abs(z) < 0.05


def test_left_in_the_picture_is_left_of_the_camera_and_high_is_up():
    x, y, z = point_of_region(0.0, 0.0, 0.1, 0.1, VIEW, ASPECT)
    assert math.degrees(math.atan2(y, x)) == pytest.approx(27.5, abs=1)
    assert z > 0
    assert point_of_region(0.9, 0.9, 1.0, 1.0, VIEW, ASPECT)[1] < 0


def test_shoulders_are_farther_than_a_head_of_the_same_size():
    head, body = (point_of_region(0.4, 0.2, 0.6, 0.9, VIEW, ASPECT, *more)[0] for more in ((), (SHOULDERS,)))
    assert body > 2 * head


@pytest.mark.parametrize("region", [(0.5, 0.1, 0.5, 0.2), (0.6, 0.1, 0.5, 0.2), (0.1, 0.1, math.nan, 0.2)])
def test_a_region_without_an_area_is_refused(region):
    with pytest.raises(ValueError, match="accepted are left < right"):
        point_of_region(*region, VIEW, ASPECT)


@pytest.mark.parametrize("point", [(2.0, 0.3, 0.1), (0.2, 0.1, 2.0)])
def test_beside_a_person_is_at_the_same_distance_to_the_side_and_lower(point):
    left, right = (beside(point, math.radians(angle)) for angle in (12.0, -12.0))
    for each in (left, right):
        cosine = sum(a * b for a, b in zip(each, point)) / math.hypot(*each) / math.hypot(*point)
        assert 11 < math.degrees(math.acos(cosine)) < 15
        assert math.hypot(*each) == pytest.approx(math.hypot(*point), rel=0.05)
