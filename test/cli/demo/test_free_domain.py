"""The demo uses a ROS domain without other participants."""

import random
import socket

from dystream_ros.cli.demo import domain


def test_a_domain_in_use_is_not_chosen(monkeypatch):
    monkeypatch.setattr(random, "sample", lambda *_: [42, 43])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as participant:
        participant.bind(("", 7400 + 250 * 42 + 10))
        assert domain.free_domain() == 43
