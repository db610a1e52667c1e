"""Runs one node in a process of its own until it is done or is asked to stop.

SIGINT and SIGTERM only set a flag, so that a node can still publish, and close its files, before ROS goes down.
"""

import argparse
import signal
import sys
from collections.abc import Callable

import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions
from rclpy.utilities import remove_ros_args


def run(make_node: Callable[[], Node], argv: list[str] | None, description: str) -> int:
    """Spin a node; returns the exit status of the process.

    The node may have `start()` (called once before spinning), `finished()` (true ends the process) and `stop()`
    (called once at the end, while publishing still works). An exception in a callback is logged and the node goes on:
    on a robot a face that stumbles is better than a face that stops. It has `reports` (`Reports`), which counts that.
    """
    argv = sys.argv if argv is None else ["", *argv]
    try:
        argparse.ArgumentParser(description=description).parse_args(remove_ros_args(argv)[1:])
        rclpy.init(args=argv, signal_handler_options=SignalHandlerOptions.NO)
    except RuntimeError as refused:
        # What rclpy raises for a parameter file that is not there, or is no YAML, and for ROS arguments that are none.
        sys.stderr.write(f"{str(refused).partition(', at /')[0].strip()}\n")
        return 2
    executor = SingleThreadedExecutor()
    asked_to_stop = False

    def ask_to_stop(*_: object) -> None:
        nonlocal asked_to_stop
        asked_to_stop = True
        executor.wake()

    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, ask_to_stop)
    node = make_node()
    executor.add_node(node)
    finished = getattr(node, "finished", bool)
    try:
        guarded(node, getattr(node, "start", _nothing))()
        while rclpy.ok() and not asked_to_stop and not finished():
            guarded(node, executor.spin_once)(timeout_sec=0.1)
    finally:
        guarded(node, getattr(node, "stop", _nothing))()
        executor.remove_node(node)
        node.destroy_node()
        rclpy.try_shutdown()
    return getattr(node, "exit_status", 0)


def guarded(node: Node, callback: Callable) -> Callable:
    """A callback whose exceptions are logged with where they came from, and go no further."""

    def call(*args: object, **kwargs: object) -> object:
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


def _nothing() -> None:
    pass
