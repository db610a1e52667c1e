"""Ends the voice: what a text-to-speech node holds, and what the head shows."""

import time

from rclpy.node import Node
from rclpy.task import Future
from std_srvs.srv import Trigger

_LONGEST = 1.0  # s for which an answer is waited for


class VoiceInterruption:
    """Calls the service `~/interrupt` of other nodes, none of which need run. No method waits.

    Args:
        node: whose clients are used.
        names: full names of the nodes, in the order in which they are called: a voice before the head, since it would
            go on speaking to a head that has nothing to interrupt yet.
    """

    def __init__(self, node: Node, *names: str) -> None:
        self._clients = [node.create_client(Trigger, f"{name}/interrupt") for name in names]
        self._answers: list[Future] = []
        self._until = 0.0  # steady time

    @property
    def pending(self) -> bool:
        """Whether a text that is sent now could be dropped as well."""
        return time.monotonic() < self._until and not all(each.done() for each in self._answers)

    def ask(self) -> None:
        """Interrupt the voice."""
        self._answers = [each.call_async(Trigger.Request()) for each in self._clients if each.service_is_ready()]
        self._until = time.monotonic() + _LONGEST
