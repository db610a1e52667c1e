"""Prints the status of a head as one line, once per period."""

import json
import sys
from pathlib import Path
from typing import TextIO

from dystream_ros.msg import FaceMotion, PartyStatus, StreamStatus
from dystream_ros.nodes.common import qos
from dystream_ros.nodes.common.declaration import declare, read
from dystream_ros.nodes.common.executable import RunnableNode
from dystream_ros.nodes.common.reports import Reports
from dystream_ros.nodes.common.stamps import nanoseconds
from dystream_ros.nodes.parameters import TerminalSettings
from dystream_ros.recording.disk import check_writable

_SPEAKERS = {
    0: "silence",
    FaceMotion.SELF: "self",
    FaceMotion.OTHER: "other",
    FaceMotion.SELF | FaceMotion.OTHER: "both",
}
_PERIODS_IN_FILE = 5


class TerminalNode(RunnableNode):
    """Rewrites one line on a terminal; appends a line every `_PERIODS_IN_FILE` periods to a file or a pipe.

    Args:
        output: where the lines go.
    """

    def __init__(self, output: TextIO = sys.stderr) -> None:
        super().__init__("terminal", automatically_declare_parameters_from_overrides=True)
        self.reports = Reports(self.get_logger())
        declare(self, TerminalSettings, self.reports)
        self._settings = settings = read(self, TerminalSettings)
        self._output = output
        self._motion: FaceMotion | None = None
        self._status: StreamStatus | None = None
        self.create_subscription(FaceMotion, "motion", self._on_motion, qos.motion(), callback_group=self.messages)
        self.create_subscription(StreamStatus, "status", self._on_status, qos.status())
        self.create_timer(settings.period * (1 if output.isatty() else _PERIODS_IN_FILE), self._print)

    def stop(self) -> None:
        """End the line, and write the last status to `status_file`."""
        if self._output.isatty():
            self._output.write("\n")
        if self._settings.status_file and self._status is not None:
            path = Path(self._settings.status_file).expanduser()
            check_writable(path)
            path.write_text(json.dumps(status_summary(self._status), indent=1))

    def _on_motion(self, motion: FaceMotion) -> None:
        self._motion = motion

    def _on_status(self, status: StreamStatus) -> None:
        self._status = status

    def _print(self) -> None:
        line = status_line(self._motion, self._status)
        # On a terminal: return to the start of the line, and erase what is left of a longer one.
        self._output.write(f"\r{line}\033[K" if self._output.isatty() else f"{line}\n")
        self._output.flush()


def status_line(motion: FaceMotion | None, status: StreamStatus | None) -> str:
    """One line: newest frame, who speaks, latency, frame rate, level and losses of each party, dropped frames."""
    if motion is None:
        return "waiting for a head that is active"
    speaker = _SPEAKERS[motion.speaking]
    line = f"frame {motion.frame}   voice: {speaker:8}latency {nanoseconds(motion.latency) / 1e6:.0f} ms"
    if status is None:
        return line
    dropped = f"dropped {status.frames_dropped} frames, {status.images_dropped} images"
    heard = f"self {_heard(status.self_audio)}, other {_heard(status.other_audio)}"
    return f"{line}   {status.frame_rate:.1f} frames/s   {heard}   {dropped}"


def _heard(audio: PartyStatus) -> str:
    """Level of the last second, and seconds that came late or not at all."""
    level = f"{audio.rms_dbfs:.0f} dB" if audio.receiving else "no audio"
    lost = (audio.gap + audio.late) / audio.sample_rate if audio.sample_rate else 0.0
    return f"{level} ({lost:.1f} s lost)" if lost >= 0.05 else level


def status_summary(status: StreamStatus) -> dict[str, object]:
    """Counters, and p50, p95 and p99 of each stage in milliseconds."""
    times = zip(status.stage_p50, status.stage_p95, status.stage_p99, strict=True)
    return {
        "frames": status.frames,
        "frames_dropped": status.frames_dropped,
        "images_dropped": status.images_dropped,
        "stages_ms": {name: [round(time, 3) for time in each] for name, each in zip(status.stages, times, strict=True)},
        "counters": dict(zip(status.counters, status.counts, strict=True)),
    }
