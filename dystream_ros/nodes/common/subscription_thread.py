"""A thread that waits for the messages of chosen subscriptions, beside the executor.

rclpy's executor makes two wait sets of all entities of a node per message, in Python. For 200 audio messages per second
this takes longer than the work on the messages.
"""

import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, nullcontext
from typing import Any, NamedTuple

from rclpy.callback_groups import CallbackGroup
from rclpy.context import Context
from rclpy.event_handler import EventHandler
from rclpy.exceptions import InvalidHandle
from rclpy.guard_condition import GuardCondition
from rclpy.impl.implementation_singleton import rclpy_implementation
from rclpy.subscription import Subscription

# No part of rclpy's documented interface; without it the executor calls the subscriptions.
_WaitSet: Any = getattr(rclpy_implementation, "WaitSet", None)
_FOREVER_NS = -1
_AFTER_FAILURE = 0.1  # s
_LONGEST_REST = 0.05  # s
_LONGEST_AGE_NS = 1_000_000_000
_AT_ONCE = 16  # messages of one subscription that are taken together


class _Call(NamedTuple):
    """A callback with its message or event, its subscription, and the steady instant at which it was received."""

    subscription: Subscription
    callback: Callable[[Any], object]
    argument: Any
    received_ns: int


class SubscriptionThread(CallbackGroup):
    """A callback group whose subscriptions are called in a thread of its own, one message at a time.

    The events of these subscriptions, e.g. an incompatible publisher, are handled there too: a reader may be waited for
    in one wait set only. The thread starts with the first subscription. Call `release` before a subscription is
    destroyed, and `close` before the node is.

    Args:
        context: of the node.
        failed: receives the exceptions of callbacks.
        alone: entered while a callback runs.

    Attributes:
        rest: returns the seconds for which no message is needed; the thread does not wake for messages meanwhile. Where
            the middleware does not say when a message was received, the thread never rests.
        received_ns: steady instant at which the message of the present callback was received; for callbacks.
    """

    def __init__(
        self,
        context: Context,
        failed: Callable[[Exception], None],
        alone: AbstractContextManager[object] | None = None,
    ) -> None:
        super().__init__()
        self.rest: Callable[[], float] = lambda: 0.0
        self.received_ns = 0
        self._may_rest = False
        self._rested_ns = 0  # beginning of the last rest
        self._context = context
        self._failed = failed
        self._alone = alone or nullcontext()
        self._changed = threading.Condition()
        self._subscriptions: list[Subscription] = []
        self._waiting: tuple[Subscription, ...] = ()  # for these, or taking their messages
        self._closed = False
        self._guard: GuardCondition | None = None
        self._thread: threading.Thread | None = None

    def can_execute(self, entity: object) -> bool:
        """Whether the executor is to call it: only what cannot be waited for here."""
        return _WaitSet is None or not isinstance(entity, (Subscription, EventHandler))

    def beginning_execution(self, entity: object) -> bool:
        return True

    def ending_execution(self, entity: object) -> None:
        pass

    def add_entity(self, entity: Any) -> None:
        """Called by rclpy for each entity that is created in the group."""
        super().add_entity(entity)
        if not isinstance(entity, Subscription) or self.can_execute(entity):
            return
        with self._changed:
            self._subscriptions.append(entity)
            if self._thread is None and not self._closed:
                self._guard = GuardCondition(callback=None, callback_group=None, context=self._context)
                self._thread = threading.Thread(target=self._run, name="messages", daemon=True)
                self._thread.start()
            self._wake()

    def release(self, subscription: Subscription) -> None:
        """Wait for this subscription no more; it can be destroyed at once. A callback may still be running."""
        with self._changed:
            if subscription in self._subscriptions:
                self._subscriptions.remove(subscription)
                self._wake()
                self._changed.wait_for(lambda: subscription not in self._waiting)

    def close(self) -> None:
        """End the thread, and wait for it; the subscriptions receive nothing any more."""
        with self._changed:
            self._closed = True
            self._wake()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()
        if self._guard is not None:
            self._guard.destroy()
            self._guard = None

    def _wake(self) -> None:
        if self._guard is not None:
            self._guard.trigger()

    def _run(self) -> None:
        while not self._closed and self._context.ok():
            try:
                self._rest()
                calls = self._take()
            except Exception as error:
                self._failed(error)
                time.sleep(_AFTER_FAILURE)
                continue
            for call in calls:
                if call.subscription in self._subscriptions:  # an earlier callback may have ended it
                    self._call(call)

    def _rest(self) -> None:
        self._rested_ns = time.monotonic_ns()
        if self._may_rest and (seconds := self.rest()) > 0:
            time.sleep(min(seconds, _LONGEST_REST))

    def _call(self, call: _Call) -> None:
        self.received_ns = call.received_ns
        try:
            with self._alone:
                call.callback(call.argument)
        except Exception as error:
            self._failed(error)

    def _take(self) -> list[_Call]:
        """Wait for messages and events, and take them."""
        with self._changed:
            subscriptions = self._waiting = tuple(self._subscriptions)
        try:
            with ExitStack() as held:
                return self._wait(subscriptions, held)
        finally:
            with self._changed:
                self._waiting = ()
                self._changed.notify_all()

    def _wait(self, subscriptions: tuple[Subscription, ...], held: ExitStack) -> list[_Call]:
        context: Any = self._context.handle
        guard: Any = self._guard
        held.enter_context(context)
        held.enter_context(guard.handle)
        present: list[Subscription] = []
        events: list[tuple[Subscription, Any]] = []
        for subscription in subscriptions:
            handlers: Any = subscription.event_handlers
            try:
                held.enter_context(subscription.handle)
                for event in handlers:
                    held.enter_context(event)
            except InvalidHandle:  # destroyed without `release`
                continue
            present.append(subscription)
            events += [(subscription, event) for event in handlers]
        wait_set = _WaitSet(len(present), 1, 0, 0, 0, len(events), context)
        wait_set.clear_entities()
        wait_set.add_guard_condition(guard.handle)
        for subscription in present:
            wait_set.add_subscription(subscription.handle)
        for _, event in events:
            event.add_to_wait_set(wait_set)
        wait_set.wait(_FOREVER_NS)
        ready = wait_set.get_ready_entities("subscription")
        calls = [
            call
            for subscription in present
            if subscription.handle.pointer in ready
            for call in self._messages(subscription)
        ]
        now = time.monotonic_ns()
        happened = [(of, event.callback, event.take_data()) for of, event in events if event.is_ready(wait_set)]
        return calls + [_Call(of, callback, data, now) for of, callback, data in happened if data]

    def _messages(self, subscription: Subscription) -> list[_Call]:
        """The messages that wait in a subscription, the oldest first."""
        calls: list[_Call] = []
        for _ in range(_AT_ONCE):
            taken = subscription.handle.take_message(subscription.msg_type, subscription.raw)
            if taken is None:
                break
            message, information = taken
            received_ns = self._steady_ns(information.get("received_timestamp", 0))
            calls.append(_Call(subscription, subscription.callback, message, received_ns))
        return calls

    def _steady_ns(self, received_ns: int) -> int:
        """Steady instant at which a message was received, from that of the system's clock.

        It is at most as long ago as the rest of this thread. A longer delay is not of its making.
        """
        age, now = time.time_ns() - received_ns, time.monotonic_ns()
        # Some middleware leaves the stamp 0; a clock that is set makes it wrong.
        self._may_rest = 0 <= age < _LONGEST_AGE_NS
        return max(self._rested_ns, now - age) if self._may_rest else now
