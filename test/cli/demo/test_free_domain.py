"""The demo uses a ROS domain without other participants."""

import random
import socket

from dystream_ros.cli.demo import domain


def test_a_domain_in_use_is_not_chosen(monkeypatch):
    monkeypatch.setattr(random, "sample", lambda *_: [42, 43])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as participant:
        participant.bind(("", 7400 + 250 * 42 + 10))
        assert domain.free_domain() == 43


def test_a_domain_is_reserved_before_its_nodes_have_started():
    reservation = next(each for each in map(domain.reserve, range(1, 102)) if each is not None)
    with reservation:
        reserved = (reservation.getsockname()[1] - 7405) // 250
        assert domain.reserve(reserved) is None
    with domain.reserve(reserved) as again:
        assert again is not None
