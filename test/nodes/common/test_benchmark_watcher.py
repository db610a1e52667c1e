"""The process that records a head's messages for `make bench` runs, and writes what it recorded when it is stopped."""

import json
import signal
import subprocess
import sys

from dystream_ros.msg import StreamStatus
from patience import PATIENCE


def test_the_watcher_of_the_benchmark_writes_its_records_at_the_end(graph, tmp_path):
    output = tmp_path / "watched.json"
    watcher = subprocess.Popen([sys.executable, "-m", "benchmarks.watcher", str(output)], env=graph.environment)
    try:
        graph.publisher("status", StreamStatus).publish(StreamStatus(frames=7))
        watcher.send_signal(signal.SIGINT)
        assert watcher.wait(PATIENCE) == 0
    finally:
        watcher.kill()
    assert set(json.loads(output.read_text())) >= {"motions", "images", "statuses"}
