"""The message StreamStatus and the diagnostics of a head, from a snapshot of it."""

import array
import math
import time
from collections import deque
from dataclasses import dataclass, field

from dystream_ros.audio.statistics import PartyStatistics
from dystream_ros.engine.conversation import ConversationStatistics
from dystream_ros.msg import PartyStatus, StreamStatus
from dystream_ros.nodes.audio_input.followed_voice import AudioInput
from dystream_ros.nodes.common.diagnostics import ERROR, OK, STALE, WARN, Health
from dystream_ros.nodes.head.stage_times import StageTimes

_MODES = {"paced": StreamStatus.PACED, "driven": StreamStatus.DRIVEN}
_OVERLOADED = "the machine is overloaded; stop other work"
_DEGRADATIONS = {
    StreamStatus.IMAGES_SKIPPED: f"images are skipped, since {_OVERLOADED}, or use smaller images",
    StreamStatus.FRAMES_SKIPPED: f"frames are skipped, since {_OVERLOADED}, or raise priority",
}


@dataclass(frozen=True)
class Work:
    """Frames and images since the start of the node."""

    frames: int = 0
    frames_dropped: int = 0
    images_dropped: int = 0

    def __add__(self, other: "Work") -> "Work":
        return Work(
            self.frames + other.frames,
            self.frames_dropped + other.frames_dropped,
            self.images_dropped + other.images_dropped,
        )


@dataclass(frozen=True)
class Snapshot:
    """State of the head at one moment.

    Attributes:
        state: of the lifecycle, or the name of the running transition.
        time_mode, model, seed, frame_id: values in effect; `model` is "" while unconfigured.
        failure: message of the model's current failure; "" while it works.
        transition_failure: why the latest transition failed; "" when it succeeded.
        work: since the start of the node.
        statistics: of the conversation; None while unconfigured.
        sources: audio inputs by party; empty while inactive.
    """

    state: str
    time_mode: str
    model: str
    failure: str
    transition_failure: str
    seed: int
    frame_id: str
    work: Work
    statistics: ConversationStatistics | None = None
    sources: dict[str, AudioInput] = field(default_factory=dict)


class Rates:
    """Frame rate and degradation over the last second, from counters that are sampled several times per second.

    Attributes:
        frame_rate: frames per second.
        degradation: of `StreamStatus`.
    """

    def __init__(self) -> None:
        self.frame_rate = 0.0
        self.degradation: int = StreamStatus.FULL
        self._history: deque[tuple[float, Work]] = deque()

    def add(self, work: Work) -> None:
        """Add a sample of the counters, taken now."""
        now = time.monotonic()
        self._history.append((now, work))
        while len(self._history) > 2 and now - self._history[1][0] >= 1.0:
            self._history.popleft()
        then, before = self._history[0]
        self.degradation = StreamStatus.FULL
        if work.images_dropped > before.images_dropped:
            self.degradation = StreamStatus.IMAGES_SKIPPED
        if work.frames_dropped > before.frames_dropped:
            self.degradation = StreamStatus.FRAMES_SKIPPED
        self.frame_rate = (work.frames - before.frames) / (now - then) if now > then else 0.0


def party_status(statistics: PartyStatistics, source: AudioInput | None) -> PartyStatus:
    """The message of one party; `source` is None without a subscription."""
    received = statistics.sample_rate > 0
    return PartyStatus(
        receiving=statistics.receiving,
        speaking=statistics.speaking,
        source_type=source.source_type if source is not None and received else "",
        stream_id=statistics.stream_id,
        sample_rate=statistics.sample_rate,
        publishers=source.publishers if source is not None else 0,
        channels=statistics.channels,
        samples=statistics.samples,
        gap=statistics.gap,
        late=statistics.late,
        overlap=statistics.overlap,
        rejected=statistics.rejected,
        rms_dbfs=statistics.rms_dbfs,
        peak_dbfs=statistics.peak_dbfs,
        queued=statistics.queued,
        drift_ppm=statistics.drift_ppm,
    )


def stream_status(snapshot: Snapshot, rates: Rates, reported: dict[str, int]) -> StreamStatus:
    """The message of the head, without its stamp and the durations of its stages."""
    statistics, work, sources = snapshot.statistics, snapshot.work, snapshot.sources
    message = StreamStatus(
        time_mode=_MODES[snapshot.time_mode],
        degradation=rates.degradation,
        frame_rate=rates.frame_rate,
        frames=work.frames,
        frames_dropped=work.frames_dropped,
        images_dropped=work.images_dropped,
    )
    message.header.frame_id = snapshot.frame_id
    counters = dict(reported)
    if statistics is not None:
        message.generation = statistics.generation
        message.self_audio = party_status(statistics.self_audio, sources.get("self"))
        message.other_audio = party_status(statistics.other_audio, sources.get("other"))
        counters |= statistics.counters
        counters |= {f"self.{name}": count for name, count in statistics.self_audio.counters.items()}
        counters |= {f"other.{name}": count for name, count in statistics.other_audio.counters.items()}
    message.counters = list(counters)
    message.counts = array.array("Q", counters.values())
    return message


def add_stages(message: StreamStatus, stages: StageTimes) -> None:
    """Fill in the durations of the stages."""
    percentiles = stages.percentiles()
    message.stages = list(percentiles)
    message.stage_p50, message.stage_p95, message.stage_p99 = (
        array.array("f", [times[which] for times in percentiles.values()]) for which in range(3)
    )


def health(status: StreamStatus, snapshot: Snapshot) -> Health:
    """Level, message and values of the diagnostics."""
    state = snapshot.state
    level, text = OK, f"{state}, {status.frame_rate:.1f} frames per second"
    counts = dict(zip(status.counters, status.counts))
    if state != "active":
        level, text = STALE, state
    if snapshot.transition_failure:
        level, text = ERROR, f"{state}; {snapshot.transition_failure}"
    elif snapshot.failure:
        level, text = ERROR, f"{state}, the face is neutral since the model fails: {snapshot.failure}"
    elif status.degradation != StreamStatus.FULL:
        level, text = WARN, _DEGRADATIONS[status.degradation]
    values: dict[str, object] = {
        "state": state,
        "model": snapshot.model,
        "seed": snapshot.seed,
        "generation": status.generation,
        "frame_rate": status.frame_rate,
        "frames": status.frames,
        "frames_dropped": status.frames_dropped,
        "images_dropped": status.images_dropped,
    }
    for name, p50, p95 in zip(status.stages, status.stage_p50, status.stage_p95):
        values[f"{name} p50 / p95 [ms]"] = f"{p50:.1f} / {p95:.1f}"
    for name, party in (("self", status.self_audio), ("other", status.other_audio)):
        values[f"{name} receiving"] = party.receiving
        values[f"{name} gap / late / rejected"] = f"{party.gap} / {party.late} / {party.rejected}"
        values[f"{name} level [dBFS]"] = round(party.rms_dbfs, 1) if math.isfinite(party.rms_dbfs) else "-inf"
    return level, text, values | counts
