"""Lifecycle transitions beside the executor: the node answers while weights load and the face returns to neutral."""

import threading
from collections.abc import Callable, Sequence
from typing import Any

from lifecycle_msgs.srv import ChangeState
from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.executors import SingleThreadedExecutor
from rclpy.lifecycle import LifecycleNodeMixin
from rclpy.node import Node
from rclpy.service import Service
from rclpy.task import Task

from dystream_ros.nodes.common.executable import RunnableNode


class SideThreadExecutor(SingleThreadedExecutor):
    """Runs callbacks in the spinning thread, and the callbacks of chosen entities in threads of their own.

    A multi-threaded executor would do the same, but needs two wait sets per audio message instead of one.
    """

    def __init__(self) -> None:
        super().__init__()
        self._beside: list[object] = []

    def run_beside(self, entity: object) -> None:
        """Run the callbacks of a subscription, timer or service in a thread of their own.

        Its callback group must be reentrant.
        """
        self._beside.append(entity)

    def wait_for_ready_callbacks(self, *args: Any, **kwargs: Any) -> tuple[Task, Any, Node]:
        """The next callback for the spinning thread; starts a thread for each callback that is to run beside it."""
        while True:
            ready: tuple[Task, Any, Node] = super().wait_for_ready_callbacks(*args, **kwargs)
            handler, entity, _ = ready
            if not any(entity is each for each in self._beside):
                return ready
            threading.Thread(target=handler, name="transition", daemon=True).start()


class Transitions:
    """Permits one transition at a time; a request during a transition is refused at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    def serve(self, service: Service, refused: Callable[[], None]) -> None:
        """Guard the node's service `change_state`; `refused` is called for each request during a transition."""
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
        """Make a transition that the node itself initiates, in a thread of its own."""
        threading.Thread(target=self.run, args=(transition,), name="transition", daemon=True).start()

    def run(self, transition: Callable[[], object]) -> None:
        """Make a transition once no other is running."""
        with self._lock:
            transition()


class LifecycleBase(LifecycleNodeMixin, RunnableNode):
    """A lifecycle node whose transitions may run beside its executor: its services have a reentrant callback group."""

    make_executor = SideThreadExecutor

    def __init__(self, name: str, arguments: Sequence[str] = ()) -> None:
        RunnableNode.__init__(
            self, name, cli_args=list(arguments), automatically_declare_parameters_from_overrides=True
        )
        LifecycleNodeMixin.__init__(self, callback_group=ReentrantCallbackGroup())
