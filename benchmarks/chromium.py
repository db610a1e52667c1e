"""Debian's Chromium without a screen, driven by its driver over WebDriver (W3C), with a microphone out of a file."""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

_START = 60.0  # s


class Chromium:
    """A browser; close it after use.

    Args:
        microphone: WAV file that its microphone plays, again and again.
        log: file of the driver's log.

    Raises:
        FileNotFoundError: Chromium or its driver is not installed.
        TimeoutError: the driver does not answer.
    """

    def __init__(self, microphone: Path, log: Path) -> None:
        driver, browser = shutil.which("chromedriver"), shutil.which("chromium")
        if driver is None or browser is None:
            raise FileNotFoundError("Chromium and its driver are needed: apt-get install chromium chromium-driver")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self._profile = tempfile.TemporaryDirectory(prefix="chromium_", ignore_cleanup_errors=True)
        self._log = log.open("w")
        self._driver = subprocess.Popen(
            [driver, f"--port={port}"],
            stdout=self._log,
            stderr=subprocess.STDOUT,
            env=os.environ | {"HOME": self._profile.name},
        )
        self._address = f"http://127.0.0.1:{port}"
        self._await_driver()
        arguments = [
            "--headless=new",
            "--no-sandbox",
            "--disable-dev-shm-usage",
            "--disable-gpu",
            "--mute-audio",
            "--autoplay-policy=no-user-gesture-required",
            "--use-fake-ui-for-media-stream",
            "--use-fake-device-for-media-stream",
            f"--use-file-for-fake-audio-capture={microphone}",
            f"--user-data-dir={self._profile.name}",
            "--window-size=1000,800",
        ]
        options = {"args": arguments, "binary": browser}
        capabilities = {"browserName": "chrome", "goog:chromeOptions": options, "acceptInsecureCerts": True}
        made = self._call("POST", "/session", {"capabilities": {"alwaysMatch": capabilities}})
        self._session = f"/session/{made['sessionId']}"
        self._call("POST", f"{self._session}/timeouts", {"script": 120_000, "pageLoad": 60_000})

    def open(self, address: str) -> None:
        """Open a page."""
        self._call("POST", f"{self._session}/url", {"url": address})

    def run(self, script: str, *arguments: object) -> Any:
        """The result of a script, the body of an asynchronous function with `arguments`.

        Raises:
            RuntimeError: the script threw an exception.
        """
        wrapped = (
            "const done = arguments[arguments.length - 1];"
            f"(async (...arguments) => {{ {script} }})(...arguments)"
            ".then((value) => done([true, value ?? null]), (error) => done([false, String(error.stack ?? error)]));"
        )
        body = {"script": wrapped, "args": list(arguments)}
        good, value = self._call("POST", f"{self._session}/execute/async", body)
        if not good:
            raise RuntimeError(value)
        return value

    def close(self) -> None:
        """End browser and driver."""
        with contextlib.suppress(OSError, RuntimeError):
            self._call("DELETE", self._session, None)
        self._driver.terminate()
        self._driver.wait()
        self._log.close()
        self._profile.cleanup()

    def _await_driver(self) -> None:
        end = time.monotonic() + _START
        while time.monotonic() < end:
            with contextlib.suppress(OSError):
                if self._call("GET", "/status", None)["ready"]:
                    return
            time.sleep(0.1)
        raise TimeoutError(f"the driver of Chromium did not answer within {_START:g} s")

    def _call(self, method: str, path: str, body: object) -> Any:
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(
            self._address + path, data, {"Content-Type": "application/json"}, method=method
        )
        try:
            with urllib.request.urlopen(request, timeout=150) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise RuntimeError(json.load(error)["value"]["message"]) from error
