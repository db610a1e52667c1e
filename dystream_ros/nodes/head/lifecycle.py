"""Lifecycle transitions beside the executor: weights load and the face returns to neutral while the node answers."""

import threading
from collections.abc import Callable

from lifecycle_msgs.srv import ChangeState
from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.executors import SingleThreadedExecutor
from rclpy.lifecycle import LifecycleNodeMixin
from rclpy.service import Service

from dystream_ros.nodes.common.executable import RunnableNode


class SideThreadExecutor(SingleThreadedExecutor):
    """Runs callbacks in the thread that spins, and those of chosen entities in a thread of their own.

    A multi-threaded executor would do, at two wait sets for each message of audio instead of one.
    """

    def __init__(self) -> None:
        super().__init__()
        self._beside: list[object] = []

    def run_beside(self, entity: object) -> None:
        """Run the callbacks of a subscription, timer or service in a thread of their own.

        Its callback group must be a reentrant one.
        """
        self._beside.append(entity)

    def wait_for_ready_callbacks(self, *args, **kwargs):
        """The next callback that belongs to the spinning thread; others start on the way."""
        while True:
            handler, entity, node = super().wait_for_ready_callbacks(*args, **kwargs)
            if not any(entity is each for each in self._beside):
                return handler, entity, node
            threading.Thread(target=handler, name="transition", daemon=True).start()


class Transitions:
    """One transition at a time; a request during another one is refused at once instead of waiting for it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    def serve(self, service: Service, refused: Callable[[], None]) -> None:
        """Guard the node's service `change_state`; `refused` is called for each request that comes too early."""
        change_state = service.callback

        def answer(request: ChangeState.Request, response: ChangeState.Response) -> ChangeState.Response:
            if not self._lock.acquire(blocking=False):
                refused()
                response.success = False
                return response
            try:
                return change_state(request, response)
            finally:
                self._lock.release()

        service.callback = answer

    def start(self, transition: Callable[[], object]) -> None:
        """Make a transition of the node's own accord, in a thread of its own."""
        threading.Thread(target=self.run, args=(transition,), name="transition", daemon=True).start()

    def run(self, transition: Callable[[], object]) -> None:
        """Make a transition as soon as no other is made."""
        with self._lock:
            transition()


class LifecycleBase(LifecycleNodeMixin, RunnableNode):
    """A lifecycle node whose transitions may run beside its other callbacks: its services have their own group."""

    make_executor = SideThreadExecutor

    def __init__(self, name: str) -> None:
        RunnableNode.__init__(self, name, automatically_declare_parameters_from_overrides=True)
        LifecycleNodeMixin.__init__(self, callback_group=ReentrantCallbackGroup())
