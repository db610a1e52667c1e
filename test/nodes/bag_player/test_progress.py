"""How far a head has come in a bag, by its motion."""

import threading

import pytest

from dystream_ros.nodes.bag_player import node
from dystream_ros.nodes.bag_player.node import _Progress

SECOND = 10**9


@pytest.fixture
def waits(monkeypatch):
    """waits(progress, position) is whether the message at this position, in s, waits for more motion than there is."""
    monkeypatch.setattr(node, "_PATIENCE", 0.0)

    def ask(progress, position):
        return not progress.wait_for(round(position * SECOND), SECOND, threading.Event())

    return ask


def test_a_message_waits_until_the_motion_is_at_most_ahead_behind_it(waits):
    progress = _Progress()
    assert not waits(progress, 1.0)
    for frame in range(300, 325):  # a head that has run for a while
        progress.add(frame)
    assert not waits(progress, 2.0)
    assert waits(progress, 2.1)


def test_a_head_that_is_reset_or_gets_nothing_in_a_pause_holds_the_bag_up_once(waits):
    progress = _Progress()
    for frame in range(250):
        progress.add(frame)
    assert not waits(progress, 11.0)
    assert waits(progress, 11.01)
    for frame in range(25):
        progress.add(frame)
    assert not waits(progress, 13.0), "the messages after it follow the motion of the head that began anew"
    assert waits(progress, 14.0)
