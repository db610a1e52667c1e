"""The base of a node whose work runs in one thread of its own, beside the executor's."""

import threading
from abc import ABC, abstractmethod
from typing import Generic, TypeVar

from dystream_ros.nodes.common.declaration import declare, read
from dystream_ros.nodes.common.executable import RunnableNode
from dystream_ros.nodes.common.reports import Reports
from dystream_ros.nodes.parameters.parameter import Dataclass

Settings = TypeVar("Settings", bound=Dataclass)


_PATIENCE = 20.0  # s


class WorkerNode(RunnableNode, ABC, Generic[Settings]):
    """Declares its parameters and runs `work` in a thread; `nodes.common.executable.run` starts and stops it.

    The node is finished when `work` returns. An exception in `work` is logged and ends the node with status 2. A thread
    that does not end on request, for instance because a network disk does not answer, does not keep the process.

    Attributes:
        settings: the parameters, as the executor's thread read them last.
        reports: counters and log messages, for any thread.
        stopping: set when the node is to stop; `work` then returns soon.
        exit_status: of the process.
        failure: beginning of the log message about an exception in `work`.

    Args:
        name: of the node.
        settings: dataclass of the node's parameters.
    """

    def __init__(self, name: str, settings: type[Settings]) -> None:
        super().__init__(name, automatically_declare_parameters_from_overrides=True)
        self.reports = Reports(self.get_logger())
        declare(self, settings, self.reports)
        self.settings: Settings = read(self, settings)
        self.stopping = threading.Event()
        self.exit_status = 0
        self.failure = f"the {name} node failed"
        self._worker = threading.Thread(target=self._guarded_work, name=f"{name} worker", daemon=True)

    @abstractmethod
    def work(self) -> None:
        """Runs in the worker thread until everything is done or `stopping` is set."""

    def start(self) -> None:
        """Start the worker thread."""
        self._worker.start()

    def finished(self) -> bool:
        """Whether the worker thread has ended."""
        return not self._worker.is_alive()

    def stop(self) -> None:
        """Ask the worker thread to stop, and wait for it."""
        self.stopping.set()
        if self._worker.is_alive():
            self._worker.join(_PATIENCE)
        if self._worker.is_alive():
            self.exit_status = 2
            self.get_logger().error(f"the {self._worker.name} did not end within {_PATIENCE:g} s; ending without it")

    def _guarded_work(self) -> None:
        try:
            self.work()
        except Exception as error:
            self.exit_status = 2
            self.get_logger().error(f"{self.failure}: {type(error).__name__}: {error}")
