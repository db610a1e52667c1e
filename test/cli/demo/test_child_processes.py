"""The demo leaves no process behind, however it ends."""

import os
import signal
import subprocess
import sys
import textwrap

import psutil
import pytest
from patience import PATIENCE

from dystream_ros.cli.demo.processes import Child, children, wait_for

# Children of the tests are modules in a folder of their own. Each says "up" when its handlers are in place.
MODULES = {
    "polite": "import signal, sys; signal.signal(signal.SIGINT, lambda *_: sys.exit(0)); print('up'); signal.pause()",
    "stubborn": """
        import signal, subprocess, sys
        for number in (signal.SIGINT, signal.SIGTERM): signal.signal(number, signal.SIG_IGN)
        subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"])
        print("up")
        while True: signal.pause()
    """,
    "failing": "import sys; print('[ERROR] [12.3] [head]: no such model'); print('bye'); sys.exit(3)",
    "done": "print('done')",
}


@pytest.fixture
def start(tmp_path):
    """start("polite") runs that module and waits until it is up."""
    for name, source in MODULES.items():
        (tmp_path / f"{name}.py").write_text(textwrap.dedent(source))

    def start(name):
        log = tmp_path / f"{name}.log"
        child = Child(name, [], os.environ | {"PYTHONPATH": str(tmp_path), "PYTHONUNBUFFERED": "1"}, log)
        while child.exit_status is None and "up" not in log.read_text().split():
            pass
        return child

    return start


@pytest.fixture
def quick_stop(monkeypatch):
    monkeypatch.setattr("dystream_ros.cli.demo.processes._STOP", dict.fromkeys((signal.SIGINT, signal.SIGKILL), 1.0))


def group(child):
    return [process for process in psutil.process_iter() if _group(process.pid) == child.pid and process.is_running()]


def _group(pid):
    try:
        return os.getpgid(pid)
    except ProcessLookupError:
        return None


def test_a_child_ends_by_itself_after_an_interrupt(start):
    with children() as running:
        running.append(child := start("polite"))
    assert child.exit_status == 0


def test_a_child_that_ignores_signals_is_killed_with_its_children(start, quick_stop):
    with children() as running:
        running.append(child := start("stubborn"))
        assert len(group(child)) == 2
    assert child.exit_status == -signal.SIGKILL
    psutil.wait_procs(group(child), timeout=PATIENCE)
    assert [process for process in group(child) if process.status() != psutil.STATUS_ZOMBIE] == []


def test_an_error_in_the_block_ends_the_children(start):
    with pytest.raises(KeyError), children() as running:
        running.append(child := start("polite"))
        raise KeyError
    assert child.exit_status == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_the_end_of_the_parent_is_the_end_of_the_child(tmp_path, number):
    """Also by SIGKILL, at which the parent can do nothing."""
    (tmp_path / "polite.py").write_text(MODULES["polite"])
    script = (
        "import os, sys, time\nfrom pathlib import Path\nfrom dystream_ros.cli.demo.processes import *\n"
        "with children() as running:\n"
        "    running.append(child := Child('polite', [], os.environ, Path(sys.argv[1])))\n"
        "    while 'up' not in Path(sys.argv[1]).read_text(): time.sleep(0.02)\n"
        "    print(child.pid, flush=True)\n"
        "    wait_for(child, [], 50)\n"
    )
    path = os.pathsep.join(filter(None, [str(tmp_path), os.environ.get("PYTHONPATH"), os.getcwd()]))
    parent = subprocess.Popen(
        [sys.executable, "-c", script, tmp_path / "log"],
        env=os.environ | {"PYTHONPATH": path, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    child = psutil.Process(int(parent.stdout.readline()))
    parent.send_signal(number)
    parent.wait(PATIENCE)
    parent.stdout.close()
    _, alive = psutil.wait_procs([child], timeout=PATIENCE)
    assert [process for process in alive if process.status() != psutil.STATUS_ZOMBIE] == []


def test_a_node_that_fails_is_named_with_its_last_error(start):
    failing = start("failing")
    with pytest.raises(RuntimeError, match=r"^the node failing failed; failing: no such model$"):
        wait_for(failing, [], PATIENCE)


def test_a_failure_beside_the_one_waited_for_ends_the_wait(start):
    with (
        children() as running,
        pytest.raises(RuntimeError, match="the node failing ended with 3; failing: no such model"),
    ):
        running += [polite := start("polite"), failing := start("failing")]
        wait_for(polite, [failing], PATIENCE)


def test_a_time_limit_is_reported(start):
    with children() as running, pytest.raises(RuntimeError, match="the node polite had not ended after 0 s"):
        running.append(polite := start("polite"))
        wait_for(polite, [], 0)


def test_a_child_that_ended_with_status_0_ends_the_wait(start):
    wait_for(start("done"), [], 20)
