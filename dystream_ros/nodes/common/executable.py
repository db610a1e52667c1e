"""Runs one node in a process of its own until it is finished or asked to stop.

SIGINT and SIGTERM only set a flag, so that a node can still publish, and close its files, before ROS shuts down.
"""

import argparse
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any, ParamSpec, TypeVar

import rclpy
from rcl_interfaces.msg import SetParametersResult
from rclpy.exceptions import ParameterNotDeclaredException
from rclpy.executors import Executor, SingleThreadedExecutor
from rclpy.node import Node
from rclpy.parameter import Parameter
from rclpy.signals import SignalHandlerOptions
from rclpy.subscription import Subscription
from rclpy.utilities import remove_ros_args

from dystream_ros.nodes.common import surroundings
from dystream_ros.nodes.common.deafness import Deafness
from dystream_ros.nodes.common.reports import Reports
from dystream_ros.nodes.common.subscription_thread import SubscriptionThread
from dystream_ros.nodes.common.suspension import Suspension

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


class RunnableNode(Node):
    """The part of a node that `run` uses; base class of every node of this package.

    All methods are called in the thread that spins the node.

    Attributes:
        reports: counts and logs the failures of callbacks; set by the constructor of the node.
        exit_status: exit status of the process.
        messages: callback group of subscriptions with many messages; a thread of its own calls them.
        make_executor: makes the executor that spins the node.
        idle: longest time between two looks at `finished`, s.
        forgotten_after: seconds for which the process may be suspended. After a longer time other processes may not
            find it again, so the node stops and its program starts anew in the same process; so it does when it no
            longer hears others. 0: it goes on, and says so.
    """

    reports: Reports
    exit_status: int = 0
    forgotten_after: float = 0.0
    idle: float = 0.1
    make_executor: Callable[[], Executor] = SingleThreadedExecutor

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.messages = SubscriptionThread(self.context, self._callback_failed)

    def destroy_subscription(self, subscription: Subscription) -> bool:
        """Destroy a subscription, also one that the thread of `messages` waits for."""
        self.messages.release(subscription)
        return super().destroy_subscription(subscription)

    def destroy_node(self) -> None:
        """End the thread of `messages` and destroy the node."""
        self.messages.close()
        super().destroy_node()

    def _callback_failed(self, error: Exception) -> None:
        self.reports.error("callback_failures", f"{type(error).__name__} at {_place(error)}: {error}")

    def start(self) -> None:
        """Called once before spinning."""

    def finished(self) -> bool:
        """Whether the process is to end; called after each callback."""
        return False

    def stop(self) -> None:
        """Called once at the end, while publishing still works."""

    def set_parameters_atomically(self, parameter_list: list[Parameter]) -> SetParametersResult:
        """As rclpy's; an exception in a check is a refusal with its reason, where rclpy would answer nothing."""
        try:
            return super().set_parameters_atomically(parameter_list)
        except ParameterNotDeclaredException:
            raise
        except Exception as error:
            reason = f"{type(error).__name__}: {error}"
            names = ", ".join(parameter.name for parameter in parameter_list)
            self.reports.error("callback_failures", f"parameter '{names}': {reason} at {_place(error)}")
            return SetParametersResult(successful=False, reason=f"parameter '{names}': {reason}")


def run(make_node: Callable[[], RunnableNode], argv: list[str] | None, description: str) -> int:
    """Spin a node; returns the exit status of the process.

    An exception in a callback is logged and counted, and the node goes on: for a robot, a face that misses a frame is
    better than one that stops.

    Args:
        make_node: called after `rclpy.init`.
        argv: arguments without the program's name; None for those of the process.
        description: of the node, for `--help`.
    """
    argv = sys.argv if argv is None else ["", *argv]
    try:
        argparse.ArgumentParser(description=description).parse_args(remove_ros_args(argv)[1:])
        further, sentences = surroundings.prepare()
        rclpy.init(args=[*argv, *further], signal_handler_options=SignalHandlerOptions.NO)
    except RuntimeError as refused:
        # Raised by rclpy for a parameter file that is missing or not YAML, and for invalid ROS arguments.
        sys.stderr.write(f"{str(refused).partition(', at /')[0].strip()}\n")
        return 2
    executor: Executor | None = None
    asked_to_stop = deaf = False

    def ask_to_stop(*_: object) -> None:
        nonlocal asked_to_stop
        asked_to_stop = True
        if executor is not None:
            executor.wake()

    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, ask_to_stop)
    try:
        node = make_node()
    except Exception as error:
        sys.stderr.write(f"the node cannot start: {type(error).__name__} at {_place(error)}: {error}\n")
        rclpy.try_shutdown()
        return 2
    for sentence in sentences:
        node.get_logger().warning(sentence)
    executor = node.make_executor()
    executor.add_node(node)
    suspension, deafness = Suspension(node.forgotten_after), Deafness()
    signal.signal(signal.SIGCONT, lambda *_: suspension.continued())
    try:
        guarded(node, node.start)()
        while rclpy.ok() and not asked_to_stop and not node.finished() and not suspension.seconds:
            guarded(node, executor.spin_once)(timeout_sec=node.idle)
            if deafness.reason and not deaf:
                deaf = True
                _say_deaf(node, deafness.reason)
                if node.forgotten_after:
                    break
        if forgotten := bool(suspension.seconds) and not asked_to_stop:
            node.get_logger().error(
                f"the process was suspended for {suspension.seconds:.0f} s, and other processes have forgotten it; it "
                "starts anew. Find what stopped it: SIGSTOP or Ctrl-Z"
            )
    finally:
        suspension.close()
        deafness.close()
        guarded(node, node.stop)()
        if deaf and not asked_to_stop and node.forgotten_after:
            # A participant waits for its receiving threads when it ends, and one of them may never do. It could also
            # remove the file that replaced its own. Its sockets stay, so that the next one gets other ports: the queues
            # of the old ones are what is locked or replaced.
            _start_anew(kept="socket:")
        executor.remove_node(node)
        executor.shutdown()  # its destructor would run after rclpy's, and print a traceback
        node.destroy_node()
        rclpy.try_shutdown()
    if forgotten and not asked_to_stop:
        _start_anew()
    return node.exit_status


def _say_deaf(node: RunnableNode, reason: str) -> None:
    what = "it starts anew" if node.forgotten_after else "start it again"
    node.get_logger().error(
        f"this node no longer hears other processes: {reason}; {what}. End nodes by SIGINT or SIGTERM; see "
        "docs/troubleshooting.md"
    )


def _start_anew(kept: str = "") -> None:
    """Replace this process by a new run of its program, without the files of the old one, but for those of a kind."""
    folder = "/proc/self/fd"
    for name in os.listdir(folder) if os.path.isdir(folder) else ():
        with suppress(OSError):
            if int(name) > 2:
                os.set_inheritable(int(name), bool(kept) and os.readlink(f"{folder}/{name}").startswith(kept))
    os.execv(sys.executable, sys.orig_argv)


def guarded(node: RunnableNode, callback: Callable[Arguments, Result]) -> Callable[Arguments, Result | None]:
    """The callback with its exceptions logged, counted and not passed on; it returns None after an exception."""

    def call(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Result | None:
        try:
            return callback(*args, **kwargs)
        except Exception as error:
            node._callback_failed(error)
            return None

    return call


def _place(error: BaseException) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace is not None else "an unknown place"
