"""A thread that waits for the messages of chosen subscriptions, beside the executor.

rclpy's executor makes two wait sets of all entities of a node per message, in Python. For 200 audio messages per second
this takes longer than the work on the messages. Here the wait set is kept, and events, which are rare, are looked for
once in a second.
"""

import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, nullcontext
from itertools import zip_longest
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
_AFTER_FAILURE = 0.1  # s
_EVENTS_NS = 1_000_000_000  # between two looks at the events, and longest wait for messages
_LONGEST_REST = 0.05  # s
_LONGEST_AGE_NS = 1_000_000_000
_AT_ONCE = 16  # messages of one subscription that are taken together


class _Call(NamedTuple):
    """A callback with its message or event, its subscription, and the steady instant at which it was received."""

    subscription: Subscription
    callback: Callable[[Any], object]
    argument: Any
    received_ns: int


class _Held:
    """Subscriptions that are waited for, with their wait set; they cannot be destroyed meanwhile."""

    def __init__(self, subscriptions: list[Subscription], guard: Any, context: Any) -> None:
        self.subscriptions: list[Subscription] = []
        self._events: list[tuple[Subscription, Any]] = []
        self._guard = guard
        self._context = context
        with ExitStack() as stack:
            stack.enter_context(context)
            stack.enter_context(guard)
            for subscription in subscriptions:
                handlers: Any = subscription.event_handlers
                try:
                    stack.enter_context(subscription.handle)
                    for event in handlers:
                        stack.enter_context(event)
                except InvalidHandle:  # destroyed without `release`
                    continue
                self.subscriptions.append(subscription)
                self._events += [(subscription, event) for event in handlers]
            self._wait_set = _WaitSet(len(self.subscriptions), 1, 0, 0, 0, 0, context)
            self.close = stack.pop_all().close

    def wait(self, timeout_ns: int) -> list[Subscription]:
        """Wait until there is a message or the guard is triggered; returns the subscriptions that have messages."""
        wait_set = self._wait_set
        wait_set.clear_entities()
        wait_set.add_guard_condition(self._guard)
        for subscription in self.subscriptions:
            wait_set.add_subscription(subscription.handle)
        wait_set.wait(timeout_ns)
        return [each for index, each in enumerate(self.subscriptions) if wait_set.is_ready("subscription", index)]

    def happened(self) -> list[tuple[Subscription, Any, Any]]:
        """Subscription, callback and data of each event since the last call."""
        if not self._events:
            return []
        wait_set = _WaitSet(0, 0, 0, 0, 0, len(self._events), self._context)
        wait_set.clear_entities()
        for _, event in self._events:
            event.add_to_wait_set(wait_set)
        wait_set.wait(0)
        return [(of, event.callback, event.take_data()) for of, event in self._events if event.is_ready(wait_set)]


class SubscriptionThread(CallbackGroup):
    """A callback group whose subscriptions are called in a thread of its own, one message at a time.

    The events of these subscriptions, e.g. an incompatible publisher, are handled there too, at most a second later: a
    reader may be waited for in one wait set only. The thread starts with the first subscription. Call `release` before
    a subscription is destroyed, and `close` before the node is.

    Args:
        context: of the node.
        failed: receives the exceptions of callbacks.
        alone: entered while a callback runs.

    Attributes:
        rest: returns the seconds for which no message is needed; the thread does not wake for messages meanwhile. Where
            the middleware does not say when a message was received, the thread never rests.
        received_ns: steady instant at which the message of the present callback was received; for callbacks.
        more: whether further messages that were taken together follow in the same callback; for callbacks.
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
        self.more = False
        self._may_rest = False
        self._rested_ns = 0  # beginning of the last rest
        self._context = context
        self._failed = failed
        self._alone = alone or nullcontext()
        self._changed = threading.Condition()
        self._subscriptions: list[Subscription] = []
        self._held: _Held | None = None
        self._taking = False
        self._events_ns = 0  # when events are looked for next
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
                self._changed.wait_for(lambda: not (self._taking and self._holds(subscription)))
                if self._holds(subscription):
                    self._let_go()

    def close(self) -> None:
        """End the thread, and wait for it; the subscriptions receive nothing any more."""
        with self._changed:
            self._closed = True
            self._wake()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()
        with self._changed:
            self._let_go()
        if self._guard is not None:
            self._guard.destroy()
            self._guard = None

    def _wake(self) -> None:
        """Let the thread see a change of the subscriptions; the lock is held."""
        if self._guard is not None:
            self._guard.trigger()

    def _holds(self, subscription: Subscription) -> bool:
        return self._held is not None and subscription in self._held.subscriptions

    def _let_go(self) -> None:
        """Hold no subscription until the next wait; the lock is held, and the thread does not wait."""
        if self._held is not None:
            self._held.close()
            self._held = None

    def _run(self) -> None:
        while not self._closed and self._context.ok():
            try:
                self._rest()
                calls = self._take()
            except Exception as error:
                self._failed(error)
                time.sleep(_AFTER_FAILURE)
                continue
            for call, following in zip_longest(calls, calls[1:]):
                if call.subscription in self._subscriptions:  # an earlier callback may have ended it
                    self.more = following is not None and following.callback is call.callback
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
        """Take the messages and events that are there; wait for some where there are none."""
        with self._changed:
            if self._held is None or self._held.subscriptions != self._subscriptions:
                self._let_go()
                guard: Any = self._guard
                self._held = _Held(self._subscriptions, guard.handle, self._context.handle)
                self._events_ns = 0  # those of new subscriptions
            held, self._taking = self._held, True
        try:
            # Only what has messages is taken from: taking nothing costs as much as a wait.
            return self._waiting_in(held, held.wait(_EVENTS_NS))
        finally:
            with self._changed:
                self._taking = False
                self._changed.notify_all()

    def _waiting_in(self, held: _Held, ready: list[Subscription]) -> list[_Call]:
        """The messages of the subscriptions that have some, and the events once in a second."""
        calls = [call for subscription in ready for call in self._messages(subscription)]
        now = time.monotonic_ns()
        if now >= self._events_ns:
            self._events_ns = now + _EVENTS_NS
            calls += [_Call(of, callback, data, now) for of, callback, data in held.happened() if data]
        return calls

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
