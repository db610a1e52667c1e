"""Latency of the page in a real browser: python -m benchmarks.web (after `source scripts/env.sh`; needs Chromium).

Chromium's microphone plays a file with a burst of sound every second; another burst every second is the speech of the
face. Each picture carries the time of its frame (`frame_mark`), which a script in the page reads from the video. So two
figures are measured by the clock of one machine:

- microphone to picture: a burst reaches the page from its microphone, until the picture is shown whose frame has that
  sound;
- sound to lips: a burst of the face is heard from the track of sound, minus the time at which the picture of its frame
  is shown. `sound_device_ms`, what the browser knows of the delay of its loudspeaker, is added.
"""

import argparse
import array
import json
import socket
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
import rclpy
import soundfile
from dystream_ros.msg import AudioChunk, FaceMotion
from numpy.typing import NDArray
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.qos import QoSProfile

from benchmarks.chromium import Chromium
from benchmarks.live import check_running
from dystream_ros.cli import measuring
from dystream_ros.cli.demo.domain import local_environment
from dystream_ros.cli.demo.processes import Child, children
from dystream_ros.cli.measuring import ProcessorTimes, processor_seconds, quantiles

_WARM_UP = 10.0  # s that are left out
_PERIOD = 1.0  # s between bursts
_BURST = 0.1  # s
_FRAME_MS = 40.0
_MARKS = 2**24
_LOUD = 1300  # of int16, as in web_probe.js
_RATE = 16_000
_PAIRED = 1500.0  # ms within which a burst arrives
_TOKEN = "of the benchmark"

Floats = NDArray[np.float64]


class Bursts:
    """Onsets of bursts in chunks of sound: stamp of the first loud sample, and arrival of its chunk, ms."""

    def __init__(self) -> None:
        self.found: list[tuple[float, float]] = []
        self._quiet = 0.0

    def add(self, message: AudioChunk) -> None:
        arrival, samples = 1000 * time.time(), np.array(message.data, np.int16)
        stamp = message.header.stamp.sec * 1e3 + message.header.stamp.nanosec / 1e6
        for at in np.flatnonzero(np.abs(samples.astype(np.int32)) > _LOUD):
            onset = stamp + 1000 * at / message.sample_rate
            if onset - self._quiet > 200:
                self.found.append((onset, arrival))
            self._quiet = onset


class Probe(Node):
    """Speaks for the face, and notes when sound and motion pass by."""

    def __init__(self, context: Context) -> None:
        super().__init__("web_probe", context=context)
        self.microphone, self.speech = Bursts(), Bursts()
        self.motions: list[tuple[float, float]] = []  # stamp and arrival, ms
        self._voice = self.create_publisher(AudioChunk, "self/audio", QoSProfile(depth=100))
        self._first = 0
        self.create_subscription(AudioChunk, "other/audio", self.microphone.add, QoSProfile(depth=100))
        self.create_subscription(AudioChunk, "self/audio_aligned", self.speech.add, QoSProfile(depth=100))
        self.create_subscription(FaceMotion, "motion", self._on_motion, QoSProfile(depth=50))
        self.create_timer(_PERIOD, self._speak)

    def _on_motion(self, message: FaceMotion) -> None:
        stamp = message.header.stamp.sec * 1e3 + message.header.stamp.nanosec / 1e6
        self.motions.append((stamp, 1000 * time.time()))

    def _speak(self) -> None:
        """A second of speech: silence and a burst."""
        samples = np.zeros(round(_PERIOD * _RATE), np.int16)
        samples[8000 : 8000 + round(_BURST * _RATE)] = burst(_RATE)
        data = array.array("h", samples.tobytes())
        message = AudioChunk(stream_id=1, first_sample=self._first, sample_rate=_RATE, channels=1, data=data)
        self._voice.publish(message)
        self._first += samples.size


def burst(rate: int) -> NDArray[np.int16]:
    """int16 (n,), 0.1 s that begins at once: a voice would begin at an uncertain sample."""
    at = np.arange(round(_BURST * rate)) / rate
    tone = 0.3 * np.sign(np.sin(2 * np.pi * 150 * at + 0.1)) * (0.6 + 0.4 * np.sin(2 * np.pi * 900 * at))
    return np.round(32767 * tone).astype(np.int16)


def measure(minutes: float, codec: str) -> dict[str, object]:
    """Run head, server and browser for some minutes.

    Raises:
        RuntimeError: a node ended, the browser could not connect, or too little was found.
    """
    environment = local_environment()
    with tempfile.TemporaryDirectory() as name, children() as running:
        folder = Path(name)
        # Not a multiple of a frame: the bursts fall on all places within one.
        part = np.zeros(round(1.013 * _PERIOD * 48_000), np.int16)
        part[: round(_BURST * 48_000)] = burst(48_000)
        soundfile.write(folder / "microphone.wav", np.tile(part, 30), 48_000)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]

        def start(node: str, *parameters: str) -> Child:
            arguments = [part for each in parameters for part in ("-p", each)]
            module = f"dystream_ros.nodes.{node}"
            child = Child(module, ["--ros-args", *arguments], environment, folder / f"{node}.log")
            running.append(child)
            return child

        head = start("head")
        web = start("web", f"port:={port}", "frame_mark:=true", f"token:='{_TOKEN}'", f"video_codec:={codec}")
        _await_log(folder / "head.log", ": active", running)
        _await_log(folder / "web.log", "open http", running)
        context = Context()
        rclpy.init(context=context, domain_id=int(environment["ROS_DOMAIN_ID"]))
        probe, executor = Probe(context), SingleThreadedExecutor(context=context)
        executor.add_node(probe)
        spinner = threading.Thread(target=executor.spin, daemon=True)
        spinner.start()
        browser = Chromium(folder / "microphone.wav", folder / "driver.log")
        try:
            browser.open(f"http://127.0.0.1:{port}/page/none")
            device = browser.run((Path(__file__).with_name("web_probe.js")).read_text(), _TOKEN)
            before = ProcessorTimes.now()
            nodes = {"head": head.pid, "web": web.pid}
            used = {node: processor_seconds(pid) for node, pid in nodes.items()}
            began = time.monotonic()
            seen = _watch(browser, 60 * minutes + _WARM_UP, running)
            seconds = time.monotonic() - began
            load = ProcessorTimes.now().since(before)
            cores = {node: round((processor_seconds(pid) - used[node]) / seconds, 3) for node, pid in nodes.items()}
        finally:
            browser.close()
            executor.shutdown()
            context.try_shutdown()
            spinner.join()
        figures = evaluate(seen, probe, float(device))
    about = {"minutes": minutes, "codec": codec, **load, "cores": cores, "sound_device_ms": round(float(device), 1)}
    return about | figures


def evaluate(seen: dict[str, list], probe: Probe, device: float) -> dict[str, object]:
    """Latency from microphone to picture with its parts, and offset of sound to lips, ms.

    Args:
        device: delay of the loudspeaker, ms.

    Raises:
        RuntimeError: fewer than ten bursts of a kind were found.
    """
    motions = np.array(sorted(probe.motions))
    frames = [(mark, shown, received) for mark, shown, received in seen["frames"]]
    marks = np.array([mark for mark, _, _ in frames])
    shown = np.array([at for _, at, _ in frames])
    received = np.array([np.nan if at is None else at for _, _, at in frames])
    begin = shown[0] + 1000 * _WARM_UP

    def first_picture(stamp: float) -> tuple[int, int] | None:
        """Index of the frame that has a stamp, and of the first picture of it or of a later frame."""
        frame = int(np.searchsorted(motions[:, 0], stamp, side="right")) - 1
        if frame < 0 or stamp - motions[frame, 0] >= _FRAME_MS:
            return None
        mark = int(round(motions[frame, 0] * 1e6) // 40_000_000) % _MARKS
        later = np.flatnonzero((marks - mark) % _MARKS < _MARKS // 2)
        return (frame, int(later[0])) if later.size else None

    parts: dict[str, list[float]] = {}
    for heard in (each for each in seen["microphone"] if each > begin):
        arrived = next(((s, a) for s, a in probe.microphone.found if heard - 100 < a < heard + _PAIRED), None)
        place = first_picture(arrived[0]) if arrived else None
        if arrived is None or place is None:
            parts.setdefault("lost", []).append(heard)
            continue
        frame, picture = place
        published, came = motions[frame, 1], received[picture]
        for name, value in {
            "total": shown[picture] - heard,
            "microphone_to_topic": arrived[1] - heard,
            "stamp_after_sound": arrived[0] - heard,
            "stamp_in_frame": arrived[0] - motions[frame, 0],
            "frame_to_motion": published - motions[frame, 0],
            "motion_to_browser": came - published,
            "browser_to_screen": shown[picture] - came,
        }.items():
            parts.setdefault(name, []).append(value)
    lost = len(parts.pop("lost", []))
    offsets, times = [], []
    for heard in (each for each in seen["sound"] if each > begin):
        # The bursts are a second apart, and none is played later than that.
        said = next((s for s, _ in reversed(probe.speech.found) if -50 < heard - s < 1000 * _PERIOD - 50), None)
        place = first_picture(said) if said is not None else None
        if said is None or place is None:
            continue
        offsets.append(heard + device - shown[place[1]] - (said - motions[place[0], 0]))
        times.append(heard)
    if len(parts.get("total", ())) < 10 or len(offsets) < 10:
        raise RuntimeError(
            f"{len(parts.get('total', ()))} bursts of the microphone and {len(offsets)} of the face were found "
            f"in {len(frames)} pictures: is the machine overloaded?"
        )
    offset = np.array(offsets)
    tenth = max(1, offset.size // 10)
    intervals = np.diff(shown[shown > begin])
    return {
        "pictures_per_second": round(1000 / float(intervals.mean()), 2),
        "longest_freeze_ms": round(float(intervals.max()), 1),
        "bursts": len(parts["total"]),
        "bursts_without_picture": lost,
        "microphone_to_picture_ms": {name: quantiles(np.array(values)) for name, values in parts.items()},
        "sound_after_lips_ms": {
            **quantiles(offset),
            "p5": round(float(np.percentile(offset, 5)), 2),
            "min": round(float(offset.min()), 2),
            "within_40_ms_percent": round(100 * float(np.mean(np.abs(offset) <= 40)), 2),
            "drift": round(float(np.median(offset[-tenth:]) - np.median(offset[:tenth])), 2),
            "bursts": len(offsets),
        },
    }


def _watch(browser: Chromium, seconds: float, running: list[Child]) -> dict[str, list]:
    seen: dict[str, list] = {"microphone": [], "sound": [], "frames": []}
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(2.0)
        check_running(running)
        taken = browser.run("return window.take();")
        if taken["state"] not in ("connected", "connecting"):
            raise RuntimeError(f"WebRTC is {taken['state'] or 'not connected'}")
        for name, values in seen.items():
            values += taken[name]
    return seen


def _await_log(log: Path, text: str, running: list[Child], timeout: float = 120.0) -> None:
    end = time.monotonic() + timeout
    while text not in log.read_text():
        check_running(running)
        if time.monotonic() > end:
            raise RuntimeError(f"no '{text}' in {log.name} within {timeout:g} s: {log.read_text()[-500:]}")
        time.sleep(0.1)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.web", description=__doc__.partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=10.0, help="of measurement (default %(default)s)")
    parser.add_argument("--codec", default="auto", choices=("auto", "vp8", "h264"), help="of the video (default auto)")
    parser.add_argument("--output", type=Path, help="JSON file for the figures")
    args = parser.parse_args()
    figures = {"machine": measuring.describe_machine(), **measure(args.minutes, args.codec)}
    text = json.dumps(figures, indent=1)
    print(text)
    if args.output:
        args.output.write_text(text + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
