"""A ROS domain that is not in use on this machine, and the environment of nodes in it."""

import os
import random
import socket

# DDS: the first participant of a domain listens on this UDP port; RTPS 2.5, section 9.6.2.3.
_PORT_BASE, _DOMAIN_GAIN, _FIRST_PARTICIPANT = 7400, 250, 10
_RESERVATION = 5  # a port of the domain that DDS does not use
# The ports of higher domains lie in the range from which Linux assigns ports to clients.
_HIGHEST_DOMAIN = 101

_kept: list[socket.socket] = []  # reservations of this process


def local_environment() -> dict[str, str]:
    """The environment of this process with a free ROS domain, for nodes that other machines shall not find.

    Raises:
        RuntimeError: all domains are in use.
    """
    return dict(os.environ) | {"ROS_DOMAIN_ID": str(free_domain()), "ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST"}


def free_domain() -> int:
    """A domain that has no participant on this machine. It is reserved until this process ends.

    Raises:
        RuntimeError: all are in use.
    """
    for domain in random.sample(range(1, _HIGHEST_DOMAIN + 1), _HIGHEST_DOMAIN):
        if (reservation := reserve(domain)) is not None:
            _kept.append(reservation)
            return domain
    raise RuntimeError(f"all ROS domains from 1 to {_HIGHEST_DOMAIN} are in use on this machine")


def reserve(domain: int) -> socket.socket | None:
    """Reserve a domain until the socket that is returned is closed, which the end of the process does too.

    The nodes of a program need some seconds until they are participants: without it, another program that looks for a
    domain would take the same one.

    Returns:
        None if the domain has participants on this machine, or another program has reserved it.
    """
    reservation = _bound(domain, _RESERVATION)
    if reservation is None:
        return None
    first = _bound(domain, _FIRST_PARTICIPANT)
    if first is None:
        reservation.close()
        return None
    first.close()
    return reservation


def _bound(domain: int, offset: int) -> socket.socket | None:
    """A socket on a port of the domain; None if the port is in use."""
    bound = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        bound.bind(("", _PORT_BASE + _DOMAIN_GAIN * domain + offset))
    except OSError:
        bound.close()
        return None
    return bound
