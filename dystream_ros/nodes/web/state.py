"""The state of a head as pages show it: status, levels, latency, and faults in words. Needs no ROS graph."""

import json
import math
import time
from collections import deque
from pathlib import Path

import numpy as np
from diagnostic_msgs.msg import DiagnosticArray
from numpy.typing import NDArray

from dystream_ros.audio.level import dbfs
from dystream_ros.msg import FaceMotion, PartyStatus, StreamStatus
from dystream_ros.nodes.common.stamps import nanoseconds
from dystream_ros.nodes.web.protocol import Json
from dystream_ros.nodes.web.recordings import RECORDER

SILENCE = -100.0  # dBFS
_DEGRADATIONS = {
    StreamStatus.FULL: "full",
    StreamStatus.IMAGES_SKIPPED: "images_skipped",
    StreamStatus.FRAMES_SKIPPED: "frames_skipped",
}
_LEVELS = {b"\x00": "ok", b"\x01": "warn", b"\x02": "error", b"\x03": "stale"}
_RECENT = 30.0  # s for which a fault is shown
_NODES = 50  # whose diagnostics are shown
_STALE = 5.0  # s without a message
_MEASURED = 10.0  # s
_MAY_END = (f"/{RECORDER}:",)  # names of nodes that are not missed when they end
# Counters that say what happened, not that something is wrong.
_NO_FAULTS = frozenset({"interrupted", "interrupted_samples", "overlap", "out_of_order", "pause", "delayed_samples"})
ADVICE: dict[str, dict[str, str]] = json.loads(Path(__file__).with_name("advice.json").read_text())


def decibels(value: float) -> float:
    """A level for JSON, which has no infinity; -100 to 0 dBFS."""
    return round(min(0.0, max(SILENCE, value)), 1) if not math.isnan(value) else SILENCE


def finite(value: float, digits: int) -> float:
    """A number of a message, rounded, for JSON, which has neither NaN nor infinity: 0 in their place."""
    return round(value, digits) if math.isfinite(value) else 0.0


class Meter:
    """Level of the sound that arrived within the last tenth of a second, for a meter."""

    def __init__(self) -> None:
        self._parts: deque[tuple[float, float, float, int]] = deque()

    def add(self, samples: NDArray[np.float32], now: float) -> None:
        """Add mono samples that arrived now, in steady seconds."""
        if samples.size:
            self._parts.append((now, float(np.dot(samples, samples)), float(np.abs(samples).max()), samples.size))

    def levels(self, now: float) -> tuple[float, float]:
        """Root mean square and peak, dBFS."""
        while self._parts and now - self._parts[0][0] > 0.1:
            self._parts.popleft()
        count = sum(part[3] for part in self._parts)
        rms = (sum(part[1] for part in self._parts) / count) ** 0.5 if count else 0.0
        return decibels(dbfs(rms)), decibels(dbfs(max((part[2] for part in self._parts), default=0.0)))


class Durations:
    """Percentiles of a duration over the last ten seconds."""

    def __init__(self) -> None:
        self._values: deque[tuple[float, float]] = deque()

    def add(self, milliseconds: float, now: float) -> None:
        """Add a value; `now` in steady seconds."""
        self._values.append((now, milliseconds))
        while now - self._values[0][0] > _MEASURED:
            self._values.popleft()

    def percentiles(self, now: float) -> tuple[float, float] | None:
        """Median and 95th percentile in ms; None without a value."""
        values = [value for at, value in self._values if now - at <= _MEASURED]
        if not values:
            return None
        p50, p95 = np.percentile(values, (50, 95))
        return round(float(p50), 1), round(float(p95), 1)


class Faults:
    """Counters of the head that increased lately, and diagnostics of all nodes, in words."""

    def __init__(self) -> None:
        self._known: dict[str, int] | None = None
        self._increased: dict[str, tuple[float, int]] = {}
        self._items: dict[str, tuple[float, Json]] = {}

    def counted(self, status: StreamStatus, now: float) -> None:
        """Compare the counters with those of the last status."""
        counts = dict(zip(status.counters, status.counts))
        counts |= {"frames_dropped": status.frames_dropped, "images_dropped": status.images_dropped}
        for name, count in counts.items():
            # What happened before anyone looked is no news.
            before = self._known.get(name, 0) if self._known is not None else count
            if count > before:
                _, added = self._increased.get(name, (now, 0))
                self._increased[name] = (now, added + count - before)
        self._known = counts

    def diagnosed(self, message: DiagnosticArray, now: float) -> None:
        """Keep the newest diagnostics of each node."""
        for status in message.status[:_NODES]:
            self._items[status.name[:100]] = (
                now,
                {
                    "name": status.name[:100],
                    "level": _LEVELS.get(bytes(status.level), "error"),
                    "message": status.message[:500],
                    "values": {value.key[:100]: value.value[:200] for value in status.values[:50]},
                },
            )
        while len(self._items) > _NODES:
            del self._items[min(self._items, key=lambda name: self._items[name][0])]

    def json(self, now: float) -> Json:
        """The message `diagnostics`."""
        items = []
        for at, item in self._items.values():
            if now - at > _RECENT or (now - at > _STALE and item["name"].startswith(_MAY_END)):
                continue
            items.append(item if now - at <= _STALE else item | {"level": "stale", "message": "no longer heard of"})
        return {"type": "diagnostics", "items": items, "advice": self._advice(now)}

    def _advice(self, now: float) -> list[Json]:
        found = []
        self._increased = {name: entry for name, entry in self._increased.items() if now - entry[0] <= _RECENT}
        for name, (_, count) in self._increased.items():
            party, _, counter = name.rpartition(".")
            known = ADVICE.get(counter, _DROPPED.get(counter))
            if known is None or counter in _NO_FAULTS:
                continue
            error = counter.endswith(("failures", "lost", "full", "unavailable")) or counter == "overload"
            about = {"self": "Audio of the face: ", "other": "Audio of the partner: "}.get(party, "")
            found.append(
                {
                    "level": "error" if error else "warn",
                    "counter": name,
                    "count": count,
                    "cause": about + known["cause"],
                    "what_to_do": known["what_to_do"],
                }
            )
        return sorted(found, key=lambda entry: (entry["level"] != "error", -entry["count"]))


_DROPPED = {
    "frames_dropped": {
        "cause": "Motion frames were due but not computed: the machine is overloaded",
        "what_to_do": "Stop other work; raise the parameter priority of the head",
    },
    "images_dropped": {
        "cause": "Pictures were left out, so that motion is on time: the machine is busy",
        "what_to_do": "Stop other work; use smaller images (image_width, image_height)",
    },
}


def party_json(party: PartyStatus) -> Json:
    """A party as in the message `status`."""
    return {
        "receiving": party.receiving,
        "speaking": party.speaking,
        "source_type": party.source_type,
        "sample_rate": party.sample_rate,
        "channels": party.channels,
        "publishers": party.publishers,
        "queued_s": finite(party.queued, 2),
        "rms_dbfs": decibels(party.rms_dbfs),
        "peak_dbfs": decibels(party.peak_dbfs),
        "drift_ppm": finite(party.drift_ppm, 1),
        "late": party.late,
        "gap": party.gap,
        "rejected": party.rejected,
    }


def status_json(status: StreamStatus) -> Json:
    """What the message `status` says of the head's own status."""
    stages = zip(status.stages, status.stage_p50, status.stage_p95)
    return {
        "frame_rate": finite(status.frame_rate, 1),
        "degradation": _DEGRADATIONS.get(status.degradation, "full"),
        "frames": status.frames,
        "frames_dropped": status.frames_dropped,
        "images_dropped": status.images_dropped,
        "generation": status.generation,
        "time_mode": "driven" if status.time_mode == StreamStatus.DRIVEN else "paced",
        "self": party_json(status.self_audio),
        "other": party_json(status.other_audio),
        "stages": [
            {"name": name, "p50": round(p50, 1), "p95": round(p95, 1)}
            for name, p50, p95 in stages
            if math.isfinite(p50) and math.isfinite(p95)
        ],
    }


def motion_json(motion: FaceMotion) -> Json:
    """The message `motion`."""
    # Any node may publish: the values may be fewer than the names, or no numbers.
    jaw = dict(zip(motion.names, motion.values)).get("jawOpen", math.nan)
    bits = {"self": FaceMotion.SELF, "other": FaceMotion.OTHER}
    return {
        "type": "motion",
        "frame": motion.frame,
        "generation": motion.generation,
        "latency_ms": round(nanoseconds(motion.latency) / 1e6, 1),
        "processing_ms": round(nanoseconds(motion.processing) / 1e6, 1),
        "audio_missing": [party for party, bit in bits.items() if motion.audio_missing & bit],
        "jaw": round(jaw, 3) if math.isfinite(jaw) else None,
    }


class Latency:
    """The parts of the way from microphone to picture that this process measures."""

    NAMES = ("capture", "uplink", "microphone_buffer", "head", "picture", "encoding", "downlink", "playout")

    def __init__(self) -> None:
        self._parts = {name: Durations() for name in self.NAMES}

    def add(self, part: str, milliseconds: float) -> None:
        """Add a value of one of `NAMES`."""
        self._parts[part].add(milliseconds, time.monotonic())

    def json(self, shared: "Latency") -> Json:
        """The message `latency`: what belongs to a page, and the parts that it shares with others."""
        now = time.monotonic()
        parts = []
        for name in self.NAMES:
            found = self._parts[name].percentiles(now) or shared._parts[name].percentiles(now)
            if found is not None:
                parts.append({"name": name, "p50": found[0], "p95": found[1]})
        total = {key: round(sum(part[key] for part in parts), 1) for key in ("p50", "p95")} if parts else None  # type: ignore[misc]
        return {"type": "latency", "parts": parts, "total": total}
