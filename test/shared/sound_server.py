"""A real sound server without hardware, for the tests of `microphone` and `speaker`."""

import os
import shutil
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest
from patience import PATIENCE

from dystream_ros.audio.resample import MEDIA_RATE

_STRETCH = MEDIA_RATE // 4


class SoundServer:
    """PulseAudio with two devices; use as a context manager.

    "fakespeaker" plays; the source `fakespeaker.monitor` records that. "fakemic" captures what is played on the sink
    `micfeed`. ALSA is configured as on a stock system: it knows the server, not its devices.

    Attributes:
        environment: variables that connect a process to this server.
    """

    def __init__(self, folder: Path) -> None:
        if shutil.which("pulseaudio") is None:
            pytest.skip("pulseaudio is not installed: install the Debian package pulseaudio")
        self._folder = folder
        (folder / "run").mkdir(mode=0o700)
        self.environment = {
            "HOME": str(folder),
            "XDG_RUNTIME_DIR": str(folder / "run"),
            "PULSE_SERVER": f"unix:{folder}/pulse.sock",
            "PULSE_LATENCY_MSEC": "20",
        }
        self._process: subprocess.Popen | None = None

    def __enter__(self) -> "SoundServer":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Returns when both devices can be opened."""
        loads = [
            f"module-native-protocol-unix socket={self._folder}/pulse.sock auth-anonymous=1",
            "module-null-sink sink_name=fakespeaker",
            "module-null-sink sink_name=micfeed",
            "module-remap-source source_name=fakemic master=micfeed.monitor",
        ]
        command = ["pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no"]
        command += [part for load in loads for part in ("-L", load)]
        self._process = subprocess.Popen(command, env=os.environ | self.environment, stderr=subprocess.DEVNULL)
        end = time.monotonic() + PATIENCE
        while self.run("pactl", "set-default-source", "fakemic", check=False).returncode:
            assert time.monotonic() < end, "the sound server did not start"
            time.sleep(0.05)
        self.run("pactl", "set-default-sink", "fakespeaker")

    def stop(self) -> None:
        """Kill the server: its devices disappear without notice."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def run(self, *command: str, check: bool = True) -> subprocess.CompletedProcess:
        """Run a client of the server to its end."""
        environment = os.environ | self.environment
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=check, timeout=PATIENCE)

    def open(self, *command: str) -> subprocess.Popen:
        """Start a client of the server."""
        return subprocess.Popen(command, env=os.environ | self.environment, stderr=subprocess.DEVNULL)


def similarity(received: np.ndarray, sent: np.ndarray) -> float:
    """Largest normalised correlation of any 0.25 s of `sent` with `received`, both int16 (n,) at 16 kHz.

    The best of all stretches counts, since a machine under load may lose parts of the others.
    """
    best = 0.0
    for first in range(0, sent.size - _STRETCH, _STRETCH):
        stretch = sent[first : first + _STRETCH].astype(float)
        size = received.size + stretch.size
        product = np.fft.irfft(np.fft.rfft(received, size) * np.conj(np.fft.rfft(stretch, size)), size)[: received.size]
        at = int(product.argmax())
        found = received[at : at + stretch.size].astype(float)
        best = max(best, product[at] / (np.linalg.norm(found) * np.linalg.norm(stretch) + 1.0))
    return best
