"""Opening a session of any model."""

from typing import Any

from dystream_ros.engine.session import Session


def open_session(network: Any, seed: int = 0) -> Any:
    """A fresh session, of the interface of `Session`, of a model's network: the one it brings itself, if it does."""
    own = getattr(network, "session", None)
    return own(seed) if own else Session(network, seed)
