"""Child processes that end with their parent, even if it is killed."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

_LOGGED_ERROR = ("[ERROR]", "[FATAL]")
_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None)
_STOP = {signal.SIGINT: 5.0, signal.SIGTERM: 2.0, signal.SIGKILL: 2.0}


class Child:
    """One Python module in a process group of its own; its output goes to a log file, or to the output of this process.

    Args:
        module: the module that `python -m` runs.
        arguments: its command line.
        environment: environment variables of the process.
        log: file for stdout and stderr; None for stdout and stderr of this process.
        folder: working folder, where `python -m` looks for the module first; None for that of this process.
    """

    def __init__(
        self,
        module: str,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        log: Path | None = None,
        folder: Path | None = None,
    ) -> None:
        self.name = module.rpartition(".")[2]
        self._log = log
        self._interrupted = False
        with contextlib.ExitStack() as stack:
            output = stack.enter_context(log.open("wb")) if log else None
            self._process = subprocess.Popen(
                [sys.executable, "-m", module, *arguments],
                env=dict(environment),
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT if output else None,
                start_new_session=True,
                preexec_fn=_end_with_parent,
            )

    @property
    def pid(self) -> int:
        """Id of the process, and of its group."""
        return self._process.pid

    @property
    def exit_status(self) -> int | None:
        """Exit status of the process; None while it runs."""
        return self._process.poll()

    def last_error(self) -> str:
        """The last error in the log; without one, the last line if the process failed; else ""."""
        text = self._log.read_text(errors="replace") if self._log else ""
        lines = text.strip().splitlines() or [""]
        errors = [line for line in lines if line.startswith(_LOGGED_ERROR)]
        if errors:
            # A line of a ROS log is [severity] [time] [node]: text.
            return errors[-1].partition("]: ")[2]
        return lines[-1] if self.exit_status else ""

    def interrupt(self) -> None:
        """Send SIGINT, the first signal of `stop`."""
        self._interrupted = True
        self._signal(signal.SIGINT)

    def stop(self) -> None:
        """End the process and its children: SIGINT first, so that it can close its files, then SIGTERM and SIGKILL."""
        for signal_number, seconds in _STOP.items():
            if self.exit_status is None:
                # A second SIGINT would interrupt Python at exit, after its handlers were removed.
                if signal_number != signal.SIGINT or not self._interrupted:
                    self._signal(signal_number)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self._process.wait(seconds)
        # Ends the processes that the child left in its group.
        self._signal(signal.SIGKILL)

    def _signal(self, signal_number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal_number)


@contextlib.contextmanager
def children() -> Iterator[list[Child]]:
    """A list of children that are stopped at the end of the block, also after an error, SIGTERM or SIGHUP."""

    def end(signal_number: int, _: object) -> None:
        raise SystemExit(128 + signal_number)

    before = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGHUP)}
    started: list[Child] = []
    try:
        yield started
    finally:
        # A second Ctrl-C must not leave children running.
        before[signal.SIGINT] = signal.signal(signal.SIGINT, signal.SIG_IGN)
        for child in started:
            child.interrupt()
        for child in reversed(started):
            child.stop()
        for number, handler in before.items():
            signal.signal(number, handler)


def wait_for(finished: Child, running: Sequence[Child], seconds: float) -> None:
    """Wait until a child has ended with status 0 while the others run.

    Raises:
        RuntimeError: a child failed, or `seconds` have passed; the message has the last error of each child.
    """
    deadline = time.monotonic() + seconds
    everyone = [finished, *(child for child in running if child is not finished)]
    while finished.exit_status is None:
        for child in running:
            if child.exit_status not in (None, 0):
                raise RuntimeError(f"the node {child.name} ended with {child.exit_status}{_errors(everyone)}")
        if time.monotonic() > deadline:
            raise RuntimeError(f"the node {finished.name} had not ended after {seconds:.0f} s{_errors(everyone)}")
        time.sleep(0.05)
    if finished.exit_status:
        raise RuntimeError(f"the node {finished.name} failed{_errors(everyone)}")


def _errors(everyone: Sequence[Child]) -> str:
    return "".join(f"; {child.name}: {error}" for child in everyone if (error := child.last_error()))


def _end_with_parent() -> None:
    # The kernel sends this signal even when the parent is killed and cannot stop its children.
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
