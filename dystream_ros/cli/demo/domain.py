"""A ROS domain that is not in use on this machine, and the environment of nodes in it."""

import os
import random
import socket

# DDS: the first participant of a domain listens on this UDP port; RTPS 2.5, section 9.6.2.3.
_PORT_BASE, _DOMAIN_GAIN, _FIRST_PARTICIPANT = 7400, 250, 10
# The ports of higher domains lie in the range from which Linux assigns ports to clients.
_HIGHEST_DOMAIN = 101


def local_environment() -> dict[str, str]:
    """The environment of this process with a free ROS domain, for nodes that other machines shall not find.

    Raises:
        RuntimeError: all domains are in use.
    """
    return dict(os.environ) | {"ROS_DOMAIN_ID": str(free_domain()), "ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST"}


def free_domain() -> int:
    """A domain that has no participant on this machine.

    Raises:
        RuntimeError: all are in use.
    """
    for domain in random.sample(range(1, _HIGHEST_DOMAIN + 1), _HIGHEST_DOMAIN):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.bind(("", _PORT_BASE + _DOMAIN_GAIN * domain + _FIRST_PARTICIPANT))
            except OSError:
                continue
            return domain
    raise RuntimeError(f"all ROS domains from 1 to {_HIGHEST_DOMAIN} are in use on this machine")
