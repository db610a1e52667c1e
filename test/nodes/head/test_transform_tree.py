"""Transforms between coordinate frames: chains, trees, and what is refused."""

import numpy as np
import pytest

pytest.importorskip("rclpy")

from dystream_ros.face.head_pose import quaternion_from_pose
from dystream_ros.nodes.head.transform_tree import TransformTree

UPRIGHT = (0.0, 0.0, 0.0, 1.0)


def turned(yaw):
    return quaternion_from_pose(np.array([0.0, 0.0, yaw]))


def moved(tree, frame, target, point):
    turn, shift = tree.lookup(frame, target)
    return turn @ np.array(point, float) + shift


@pytest.fixture
def tree():
    tree = TransformTree()
    tree.add("map", "base", (1, 0, 0), turned(np.pi / 2), 1.0)
    tree.add("base", "head", (0, 0, 1), UPRIGHT, 1.0)
    tree.add("map", "person", (3, 2, 1.5), turned(np.pi), 1.0)
    return tree


def test_a_point_goes_up_and_down_the_tree_and_back(tree):
    # The base looks along y of the map from x = 1: the person is 2 m ahead of it and 2 m to its right.
    assert moved(tree, "person", "head", (0, 0, 0)) == pytest.approx([2, -2, 0.5])
    assert moved(tree, "head", "person", (2, -2, 0.5)) == pytest.approx([0, 0, 0])
    assert moved(tree, "head", "map", (0, 0, 0)) == pytest.approx([1, 0, 1])
    assert moved(tree, "head", "head", (1, 2, 3)) == pytest.approx([1, 2, 3])


def test_the_newest_transform_counts_and_an_old_message_does_not(tree):
    tree.add("map", "person", (4, 2, 1.5), UPRIGHT, 2.0)
    tree.add("map", "person", (9, 9, 9), UPRIGHT, 1.5)
    assert moved(tree, "person", "map", (0, 0, 0)) == pytest.approx([4, 2, 1.5])
    tree.add("map", "person", (5, 2, 1.5), UPRIGHT, 0.0)  # a bag begins again
    assert moved(tree, "person", "map", (0, 0, 0)) == pytest.approx([5, 2, 1.5])
    tree.add("base", "person", (0, 0, 0), UPRIGHT, -0.5)  # another parent
    assert moved(tree, "person", "map", (0, 0, 0)) == pytest.approx([1, 0, 0])


def test_rotations_need_no_length_of_one(tree):
    tree.add("head", "camera", (0, 0, 0), tuple(7 * part for part in turned(-np.pi / 2)), 0.0)
    assert moved(tree, "camera", "head", (1, 0, 0)) == pytest.approx([0, -1, 0])


def test_unknown_frames_and_separate_trees_are_named(tree):
    tree.add("sea", "island", (0, 0, 0), UPRIGHT, 0.0)
    with pytest.raises(ValueError, match="no frame 'gripper'"):
        tree.lookup("gripper", "head")
    with pytest.raises(ValueError, match="'island' and 'head' are in different trees"):
        tree.lookup("island", "head")


def test_publishers_that_disagree_make_no_endless_search(tree):
    tree.add("head", "map", (0, 0, 0), UPRIGHT, 1.0)
    with pytest.raises(ValueError, match="no frame"):
        tree.lookup("gripper", "head")
    tree.lookup("person", "head")


@pytest.mark.parametrize(
    ("parent", "child", "translation", "quaternion"),
    [
        ("map", "base", (np.nan, 0, 0), UPRIGHT),
        ("map", "base", (0, 0, 0), (0.0, 0.0, 0.0, 0.0)),
        ("map", "base", (0, 0, 0), (0.0, np.inf, 0.0, 1.0)),
        ("map", "map", (0, 0, 0), UPRIGHT),
        ("", "base", (0, 0, 0), UPRIGHT),
    ],
)
def test_a_broken_transform_is_refused_and_changes_nothing(tree, parent, child, translation, quaternion):
    before = moved(tree, "person", "head", (0, 0, 0))
    with pytest.raises(ValueError, match=r"accepted|different frames"):
        tree.add(parent, child, translation, quaternion, 9.0)
    assert moved(tree, "person", "head", (0, 0, 0)) == pytest.approx(before)
