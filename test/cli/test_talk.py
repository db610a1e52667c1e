"""`dystream talk`: one command starts the nodes, shows the page and ends everything."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request

import psutil
import pytest
from patience import PATIENCE

pytest.importorskip("rclpy", reason="ROS is not on the Python path: run `make test`, or source scripts/env.sh")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_it_prints_the_address_opens_the_browser_and_ctrl_c_ends_all_nodes(tmp_path):
    opened, browser, port = tmp_path / "opened", tmp_path / "browser", free_port()
    browser.write_text(f'#!/bin/sh\necho "$1" > {opened}\n')
    browser.chmod(0o755)
    environment = os.environ | {"ROS_DOMAIN_ID": "", "DISPLAY": ":none", "BROWSER": f"{browser} %s"}
    command = [sys.executable, "-m", "dystream_ros.cli", "talk", "--size", "128", "--port", str(port)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as process:
        try:
            address = next(found[1] for line in process.stderr if (found := re.match(r"open (http\S+)", line)))
            assert address == f"http://127.0.0.1:{port}/"
            assert b"<!doctype html>" in urllib.request.urlopen(address, timeout=PATIENCE).read()
            children = psutil.Process(process.pid).children()
            nodes = [child for child in children if "dystream_ros.nodes" in " ".join(child.cmdline())]
            assert len(nodes) == 3
            end = time.monotonic() + PATIENCE
            while not opened.exists():
                assert time.monotonic() < end, "the browser was not opened"
                time.sleep(0.05)
            assert opened.read_text().strip() == address
            process.send_signal(signal.SIGINT)
            assert process.wait(PATIENCE) == 0
            assert psutil.wait_procs(nodes, timeout=0)[1] == []
        finally:
            process.kill()


def test_a_port_that_is_in_use_ends_it_with_a_sentence():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        command = [sys.executable, "-m", "dystream_ros.cli", "talk", "--size", "128", "--port", port, "--no-browser"]
        environment = os.environ | {"ROS_DOMAIN_ID": ""}
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False, env=environment)
    assert done.returncode == 2
    assert f"127.0.0.1:{port} cannot be listened on" in done.stderr
    assert "choose another port" in done.stderr
    assert "Traceback" not in done.stderr


def test_half_a_certificate_is_refused(tmp_path):
    command = [sys.executable, "-m", "dystream_ros.cli", "talk", "--certificate", str(tmp_path / "a.pem")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode == 2
    assert "belong together" in done.stderr
