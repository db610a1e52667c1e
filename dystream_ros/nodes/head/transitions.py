"""Lifecycle transitions beside the executor: weights load and the face returns to neutral while the node answers."""

import threading
from collections.abc import Callable

from lifecycle_msgs.srv import ChangeState
from rclpy.executors import SingleThreadedExecutor
from rclpy.service import Service

Entity = object  # what an executor waits for: a subscription, a timer, a service ...


class SideThreadExecutor(SingleThreadedExecutor):
    """Runs callbacks in the thread that spins, and those of chosen entities in a thread of their own.

    A multi-threaded executor would do, at two wait sets for each message of audio instead of one.
    """

    def __init__(self) -> None:
        super().__init__()
        self._beside: list[Entity] = []

    def run_beside(self, entity: Entity) -> None:
        """Run the callbacks of an entity in a thread of their own; its callback group must be a reentrant one."""
        self._beside.append(entity)

    def wait_for_ready_callbacks(self, *args, **kwargs):  # noqa: ANN201 (rclpy's signature)
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
