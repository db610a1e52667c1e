"""Quality of service of every topic, in one place.

A consumer of sound is best effort where it runs live, so that it matches every publisher and never waits for what is
out of date; where the sound itself drives the time nothing may be lost, and it is reliable.
"""

from rclpy.qos import QoSDurabilityPolicy, QoSProfile, QoSReliabilityPolicy

RELIABLE = QoSReliabilityPolicy.RELIABLE
BEST_EFFORT = QoSReliabilityPolicy.BEST_EFFORT


def audio_publisher() -> QoSProfile:
    """Reliable publishers serve consumers of both kinds; two seconds of 10 ms chunks wait for a slow one."""
    return QoSProfile(depth=200, reliability=RELIABLE)


def audio_subscription(driven: bool) -> QoSProfile:
    """Live: 50 chunks, best effort. Driven: whatever a source at most a second ahead has sent, reliable."""
    return QoSProfile(depth=2000, reliability=RELIABLE) if driven else QoSProfile(depth=50, reliability=BEST_EFFORT)


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


def audio_playback() -> QoSProfile:
    """Best effort, which matches every publisher; deep enough for sound that comes in bursts."""
    return QoSProfile(depth=200, reliability=BEST_EFFORT)
