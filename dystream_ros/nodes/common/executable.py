"""Runs one node in a process of its own until it is finished or asked to stop.

SIGINT and SIGTERM only set a flag, so that a node can still publish, and close its files, before ROS shuts down.
"""

import argparse
import signal
import sys
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import rclpy
from rclpy.executors import Executor, SingleThreadedExecutor
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions
from rclpy.utilities import remove_ros_args

from dystream_ros.nodes.common.reports import Reports

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


class RunnableNode(Node):
    """The part of a node that `run` uses; base class of every node of this package.

    All methods are called in the thread that spins the node.

    Attributes:
        reports: counts and logs the failures of callbacks; set by the constructor of the node.
        exit_status: exit status of the process.
        make_executor: makes the executor that spins the node.
    """

    reports: Reports
    exit_status: int = 0
    make_executor: Callable[[], Executor] = SingleThreadedExecutor

    def start(self) -> None:
        """Called once before spinning."""

    def finished(self) -> bool:
        """Whether the process is to end; called after each callback."""
        return False

    def stop(self) -> None:
        """Called once at the end, while publishing still works."""


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
        rclpy.init(args=argv, signal_handler_options=SignalHandlerOptions.NO)
    except RuntimeError as refused:
        # Raised by rclpy for a parameter file that is missing or not YAML, and for invalid ROS arguments.
        sys.stderr.write(f"{str(refused).partition(', at /')[0].strip()}\n")
        return 2
    executor: Executor | None = None
    asked_to_stop = False

    def ask_to_stop(*_: object) -> None:
        nonlocal asked_to_stop
        asked_to_stop = True
        if executor is not None:
            executor.wake()

    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, ask_to_stop)
    node = make_node()
    executor = node.make_executor()
    executor.add_node(node)
    try:
        guarded(node, node.start)()
        while rclpy.ok() and not asked_to_stop and not node.finished():
            guarded(node, executor.spin_once)(timeout_sec=0.1)
    finally:
        guarded(node, node.stop)()
        executor.remove_node(node)
        node.destroy_node()
        rclpy.try_shutdown()
    return node.exit_status


def guarded(node: RunnableNode, callback: Callable[Arguments, Result]) -> Callable[Arguments, Result | None]:
    """The callback with its exceptions logged, counted and not passed on; it returns None after an exception."""

    def call(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Result | None:
        try:
            return callback(*args, **kwargs)
        except Exception as error:
            node.reports.error("callback_failures", f"{type(error).__name__} at {_place(error)}: {error}")
            return None

    return call


def _place(error: BaseException) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace is not None else "an unknown place"
