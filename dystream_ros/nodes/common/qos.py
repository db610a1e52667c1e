"""Quality of service of every topic.

A subscriber to live audio is best effort: it matches every publisher and never waits for outdated audio. Audio that is
generated ahead of time, or drives the clock, must not be lost: its subscriber is reliable.
"""

from rclpy.qos import QoSDurabilityPolicy, QoSProfile, QoSReliabilityPolicy

RELIABLE = QoSReliabilityPolicy.RELIABLE
BEST_EFFORT = QoSReliabilityPolicy.BEST_EFFORT


def audio_publisher() -> QoSProfile:
    """Reliable, which matches subscribers of both kinds; two seconds of 10 ms chunks are kept for a slow one."""
    return QoSProfile(depth=200, reliability=RELIABLE)


def live_audio() -> QoSProfile:
    """A microphone: best effort, half a second of 10 ms chunks."""
    return QoSProfile(depth=50, reliability=BEST_EFFORT)


def whole_audio() -> QoSProfile:
    """Speech that arrives in bursts, or audio that drives the clock: reliable and deep.

    `PartyInput` changes it to best effort for a best-effort publisher.
    """
    return QoSProfile(depth=5000, reliability=RELIABLE)


def motion() -> QoSProfile:
    """Reliable, for controllers; shallow, as they use the newest message."""
    return QoSProfile(depth=5, reliability=RELIABLE)


def requests() -> QoSProfile:
    """Requests that are repeated: best effort, which matches publishers of both kinds."""
    return QoSProfile(depth=10, reliability=BEST_EFFORT)


def single_requests() -> QoSProfile:
    """Requests that are sent once: reliable; see `RequestSubscription`."""
    return QoSProfile(depth=10, reliability=RELIABLE)


def transforms() -> QoSProfile:
    """/tf, as the listeners of tf2 subscribe to it."""
    return QoSProfile(depth=100, reliability=RELIABLE)


def static_transforms() -> QoSProfile:
    """/tf_static: each of several publishers delivers its last message to late subscribers."""
    return QoSProfile(depth=100, reliability=RELIABLE, durability=QoSDurabilityPolicy.TRANSIENT_LOCAL)


def latched() -> QoSProfile:
    """The last message is delivered to late subscribers."""
    return QoSProfile(depth=1, reliability=RELIABLE, durability=QoSDurabilityPolicy.TRANSIENT_LOCAL)


def image(reliable: bool) -> QoSProfile:
    """Only the newest image; best effort on wireless links."""
    return QoSProfile(depth=1, reliability=RELIABLE if reliable else BEST_EFFORT)


def events() -> QoSProfile:
    """Reliable; deep enough for the ends of all utterances that an interruption drops at once."""
    return QoSProfile(depth=100, reliability=RELIABLE)


def status() -> QoSProfile:
    """Reliable, with a history of ten seconds at one message per second."""
    return QoSProfile(depth=10, reliability=RELIABLE)


def recording() -> QoSProfile:
    """A recorder needs every message, and can be late."""
    return QoSProfile(depth=250, reliability=RELIABLE)


def image_recording() -> QoSProfile:
    """Best effort, which matches every publisher; deep enough for a second of delay in the recorder."""
    return QoSProfile(depth=25, reliability=BEST_EFFORT)
