"""The live benchmark runs the nodes as the demo does: it stops when one of them ends."""

import os

import pytest

from benchmarks.live import check_running
from dystream_ros.cli.demo.processes import Child, children


def test_a_node_that_has_ended_is_reported_with_its_last_error(tmp_path):
    (tmp_path / "failing.py").write_text("raise SystemExit('no such model')")
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    with children() as running:
        running.append(Child("failing", [], environment, tmp_path / "failing.log"))
        while running[0].exit_status is None:
            pass
        with pytest.raises(RuntimeError, match="failing ended with 1: no such model"):
            check_running(running)
