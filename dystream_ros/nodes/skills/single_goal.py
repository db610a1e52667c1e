"""An action server with one goal at a time, of which a more important one takes the place of another."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any, Protocol

from rclpy.action import ActionServer, CancelResponse, GoalResponse
from rclpy.node import Node

from dystream_ros.nodes.common.executable import RunnableNode, guarded

# Error codes of std_skills/Result.
NO_ERROR, INTERRUPTED, BAD_MESSAGE, CANCELED, NOT_SUPPORTED, OTHER = 0, 4, 74, 125, 134, 255
_STEP = 0.05  # s between steps of a running goal


class Refused(ValueError):
    """A goal that is not accepted; the message says why."""


@dataclass(frozen=True)
class Ended:
    """Why a goal ended: an error code of std_skills/Result, and a sentence for people ("" where all went well)."""

    code: int = NO_ERROR
    message: str = ""


class Run(Protocol):
    """A goal that is being pursued."""

    def step(self) -> "Ended | str | None":
        """Go on: why it has ended, the text of a feedback, or None for nothing new. Called every 50 ms."""
        ...

    def stop(self) -> None:
        """Called once, when another goal takes its place or it is cancelled."""
        ...


class _End(Enum):
    SUCCEEDED, ABORTED, CANCELED = range(3)


class _Server(ActionServer):
    """Runs no callback for a goal that begins: its result is handed over when it has ended."""

    def notify_execute(self, goal_handle: Any, execute_callback: Callable[[Any], Any] | None) -> None:
        if execute_callback is not None:
            super().notify_execute(goal_handle, execute_callback)


class SingleGoal:
    """Serves an action whose goal, result and feedback have the fields of std_skills.

    A goal of the same or a higher priority (`meta.priority`) takes the place of the running one, which ends with
    ROS_EINTR. One of a lower priority is rejected.

    The executor is never blocked, and no coroutine waits: rclpy would resume it in every turn of its loop.

    Args:
        node: spins the action.
        action: type of the action.
        name: of the action.
        check: raises `Refused` for a goal that is not accepted.
        begin: starts the pursuit of a goal.
    """

    def __init__(
        self,
        node: RunnableNode,
        action: Any,
        name: str,
        check: Callable[[Any], None],
        begin: Callable[[Any], Run],
    ) -> None:
        self._node, self._action = node, action
        self._check, self._begin = check, begin
        self._handle: Any = None
        self._run: Run | None = None
        self._server = _Server(
            node,
            action,
            name,
            lambda _: action.Result(),
            goal_callback=self._on_goal,
            handle_accepted_callback=self._on_accepted,
            cancel_callback=lambda _: CancelResponse.ACCEPT,
        )
        self._timer = node.create_timer(_STEP, guarded(node, self._step))

    @property
    def active(self) -> bool:
        """Whether a goal is pursued."""
        return self._run is not None

    def close(self) -> None:
        """End the running goal and the server."""
        if self._run is not None:
            self._run.stop()
            self._end(_End.ABORTED, Ended(INTERRUPTED, "the node was stopped"))
        self._server.destroy()

    def _on_goal(self, goal: Any) -> GoalResponse:
        try:
            if self._run is not None and goal.meta.priority < self._handle.request.meta.priority:
                raise Refused(
                    f"a goal of priority {goal.meta.priority} while one of {self._handle.request.meta.priority} runs"
                )
            self._check(goal)
        except ValueError as refused:
            name = self._action.__name__
            self._node.reports.warning("goals_refused", f"{name}: {refused}", about=name)
            return GoalResponse.REJECT
        return GoalResponse.ACCEPT

    def _on_accepted(self, handle: Any) -> None:
        if self._run is not None:
            self._run.stop()
            self._end(_End.ABORTED, Ended(INTERRUPTED, "another goal has taken its place"))
        self._handle = handle
        handle.execute()
        try:
            self._run = self._begin(handle.request)
        except Exception as error:
            self._end(_End.ABORTED, Ended(OTHER, f"{type(error).__name__}: {error}"))
            raise

    def _step(self) -> None:
        if self._run is None:
            return
        if self._handle.is_cancel_requested:
            self._run.stop()
            self._end(_End.CANCELED, Ended(CANCELED, "cancelled"))
            return
        now = self._run.step()
        if isinstance(now, Ended):
            self._end(_End.SUCCEEDED if now.code == NO_ERROR else _End.ABORTED, now)
        elif now is not None:
            feedback = self._action.Feedback()
            feedback.feedback.data_str = now
            self._handle.publish_feedback(feedback)

    def _end(self, how: _End, why: Ended) -> None:
        handle, self._handle, self._run = self._handle, None, None
        result = self._action.Result()
        result.result.error_code, result.result.error_msg = why.code, why.message
        {_End.SUCCEEDED: handle.succeed, _End.ABORTED: handle.abort, _End.CANCELED: handle.canceled}[how]()
        # The state is final: this only hands the result to those who wait for it.
        self._server.notify_execute(handle, lambda _: result)


def node_of(name: str, node: Node) -> str:
    """The full name of another node, relative to the namespace of this one."""
    return name if name.startswith("/") else f"{node.get_namespace().rstrip('/')}/{name}"
