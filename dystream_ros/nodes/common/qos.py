"""Quality of service of every topic, in one place.

A consumer of live sound is best effort: it matches every publisher and never waits for what is out of date. Sound that
is made ahead of time, or drives it, may not be lost, and its consumer is reliable.
"""

from rclpy.qos import QoSDurabilityPolicy, QoSProfile, QoSReliabilityPolicy

RELIABLE = QoSReliabilityPolicy.RELIABLE
BEST_EFFORT = QoSReliabilityPolicy.BEST_EFFORT


def audio_publisher() -> QoSProfile:
    """Reliable publishers serve consumers of both kinds; two seconds of 10 ms chunks wait for a slow one."""
    return QoSProfile(depth=200, reliability=RELIABLE)


def live_audio() -> QoSProfile:
    """A microphone: best effort, half a second of 10 ms chunks."""
    return QoSProfile(depth=50, reliability=BEST_EFFORT)


def whole_audio() -> QoSProfile:
    """Speech that comes in bursts, or sound that drives the time: everything, if the publisher offers that.

    `PartyInput` makes it best effort for a publisher that is.
    """
    return QoSProfile(depth=5000, reliability=RELIABLE)


def motion() -> QoSProfile:
    """Controllers subscribe reliably, and want the newest."""
    return QoSProfile(depth=5, reliability=RELIABLE)


def latched() -> QoSProfile:
    """The last message reaches who comes late."""
    return QoSProfile(depth=1, reliability=RELIABLE, durability=QoSDurabilityPolicy.TRANSIENT_LOCAL)


def image(reliable: bool) -> QoSProfile:
    return QoSProfile(depth=1, reliability=RELIABLE if reliable else BEST_EFFORT)


def status() -> QoSProfile:
    return QoSProfile(depth=10, reliability=RELIABLE)


def recording() -> QoSProfile:
    """A recorder wants every message, and has time."""
    return QoSProfile(depth=250, reliability=RELIABLE)


def image_recording() -> QoSProfile:
    """Best effort, which matches every publisher; deep enough for a writer that stumbles."""
    return QoSProfile(depth=25, reliability=BEST_EFFORT)
