"""Paced time: a clock advances the conversation, whatever audio arrives."""

from collections.abc import Callable

from dystream_ros.audio.block import AudioBlock
from dystream_ros.audio.notices import Notices
from dystream_ros.audio.resample import MEDIA_RATE
from dystream_ros.audio.timeline.party_timeline import ALIVE_NS, PartyTimeline, TimelineAudio
from dystream_ros.audio.timeline.segment import NS_PER_SAMPLE
from dystream_ros.engine.catch_up import CatchUp
from dystream_ros.engine.clock import PacedClock
from dystream_ros.engine.config import ConversationConfig
from dystream_ros.engine.frame import FrameTiming
from dystream_ros.engine.ros_time import JUMP_NS, RosTime

SILENT_NS = 2_000_000_000
# A leader whose stamps are back where they were before the clock was stepped, for this long, and within this much.
RETURNED_NS = 1_000_000_000
RETURNED_NEAR_NS = 150_000_000


class PacedTime:
    """Frames are due by the media clock, which follows the stamps of a live self party, else of other, else ROS time.

    A frame is due once the clock has passed its end plus the lookahead. If audio that it depends on is still expected,
    it is due at the arrival of that audio, at most the jitter budget later.

    Args:
        config: of the conversation.
        timelines: of both parties, in the modes of paced time.
        timing: of the session's frames.
        stamp_offset_ns: returns ROS time minus steady time, ns.
        notices: receives unusual events.
    """

    live = True

    def __init__(
        self,
        config: ConversationConfig,
        timelines: dict[str, PartyTimeline],
        timing: FrameTiming,
        stamp_offset_ns: Callable[[], int],
        notices: Notices,
    ) -> None:
        self._timelines, self._offset, self._notices = timelines, stamp_offset_ns, notices
        self._timing, self._catch_up = timing, CatchUp(config.catch_up, timing.period_ns)
        self._on_grid = config.step_together > 0
        self._budget = config.jitter_budget * MEDIA_RATE
        self._leaders = ("self", "other") if config.self_mode == "live" else ("other",)
        self._clock: PacedClock | None = None
        self._ros_time = RosTime(0, 0)
        self._foreign = False
        self._returned_ns: int | None = None
        self._begun_ns: int | None = None
        self._silent: set[str] = set()

    def push(self, party: str, block: AudioBlock, arrival_ns: int) -> None:
        """Accept a block; raises `AudioRejected`."""
        clock, timeline = self._running_clock(arrival_ns), self._timelines[party]
        timeline.push(block, arrival_ns, clock.position(arrival_ns))
        # Stamps that were shifted far come from another clock and do not measure the error of this one.
        trusted = abs(timeline.stamps.shift_ns) < JUMP_NS and not self._foreign
        if block.stamp_ns and trusted and party == self._leader(arrival_ns):
            clock.observe(timeline.stamps.position(block.stamp_ns, 0) + block.seconds * MEDIA_RATE, arrival_ns)
        self._undo_steps(party, arrival_ns)

    def due_ns(self, frame: int, now_ns: int) -> int:
        """Steady instant at which a frame is due, unless the audio it waits for arrives earlier; starts the clock."""
        clock = self._running_clock(now_ns)
        clock.settle(now_ns)
        return clock.instant(self._timing.needed(frame) + (self._budget if self.lacks(frame, now_ns) else 0))

    def lacks(self, frame: int, now_ns: int) -> bool:
        """Whether audio that a frame depends on is still expected."""
        return any(timeline.expects(self._timing.needed(frame), now_ns) for timeline in self._timelines.values())

    def audio_ns(self, frame: int) -> int | None:
        """Steady instant at which the clock passes the audio of a frame; None before it starts."""
        return None if self._clock is None else self._clock.instant(self._timing.needed(frame))

    def ready_ns(self, frame: int, audio: dict[str, TimelineAudio]) -> int:
        """Steady instant at which a complete frame could be computed: audio had arrived and queued speech was due."""
        if self._clock is None:
            raise RuntimeError("the clock starts with the first push or due_ns")
        time_ns = self._clock.instant(self._timing.needed(frame))
        arrivals = {party: part.last_arrival_ns for party, part in audio.items() if part.last_arrival_ns is not None}
        if "self" in arrivals and "self" not in self._leaders:
            arrivals["self"] = max(arrivals["self"], time_ns)
        return max(arrivals.values(), default=time_ns)

    def stale(self, frame: int, now_ns: int) -> int:
        """Number of frames, from this one on, that are dropped after a stall or under overload."""
        backlog = self._backlog(frame, now_ns)
        stale = self._catch_up.stale(backlog, now_ns)
        if self._catch_up.overloaded and stale:
            self._notices.add("overload", f"frames take longer than real time; {stale} late ones are dropped")
        elif stale:
            self._notices.add("stall", f"{backlog + 1} frames were overdue; {stale} of them are dropped")
        return stale

    def _backlog(self, frame: int, now_ns: int) -> int:
        """Number of frames after this one that are due, too."""
        passed = self._running_clock(now_ns).position(now_ns) - self._budget - self._timing.lookahead
        backlog = max(0, int(passed // self._timing.hop) - frame - 1)
        # Newer ones may be complete before their deadline.
        while self.due_ns(frame + backlog + 1, now_ns) <= now_ns:
            backlog += 1
        return backlog

    def watch(self, now_ns: int) -> None:
        """Report, once per silence, a live party that stopped or never started."""
        for party in self._leaders:
            timeline = self._timelines[party]
            last_ns = timeline.last_arrival_ns
            if timeline.ended or now_ns - (last_ns or self._begun_ns or now_ns) < SILENT_NS:
                self._silent.discard(party)
            elif party not in self._silent:
                self._silent.add(party)
                state = "has not arrived yet" if last_ns is None else "stopped without ending its stream"
                self._notices.add(
                    f"{party}_silent", f"{party} audio {state}; silence is used meanwhile; check its source"
                )

    def forget_self(self) -> None:
        """Do nothing: all self audio is in its timeline."""

    @property
    def ppm(self) -> float:
        """Rate of the media clock against the steady clock."""
        return 0.0 if self._clock is None else (self._clock.rate - 1) * 1e6

    @property
    def steps(self) -> int:
        """Number of steps of the media clock."""
        return 0 if self._clock is None else self._clock.steps

    def _running_clock(self, now_ns: int) -> PacedClock:
        offset = self._offset()
        if self._clock is None:
            # The first frame is due one hop from now; on a grid of the steady clock at most a hop sooner.
            early_ns = (now_ns + self._timing.period_ns) % self._timing.period_ns if self._on_grid else 0
            position = self._timing.lookahead + early_ns / NS_PER_SAMPLE
            self._begun_ns = now_ns
            grid = (self._timing.hop, self._timing.lookahead) if self._on_grid else None
            self._clock = PacedClock(now_ns, position, self._budget, grid)
            for timeline in self._timelines.values():
                timeline.stamps.epoch_ns = now_ns + offset - round(position * NS_PER_SAMPLE)
            self._ros_time = RosTime(offset, now_ns)
        elif moved := self._ros_time.moved(offset, now_ns):
            for timeline in self._timelines.values():
                timeline.stamps.epoch_ns += moved
            self._report_ros_time()
        if self._leader(now_ns) is None:
            self._clock.observe(self._timelines["other"].stamps.position(now_ns + offset, 0), now_ns)
        return self._clock

    def _undo_steps(self, party: str, arrival_ns: int) -> None:
        """Undo the steps of the clock once the leader's stamps are where they were before them.

        The clock followed wrong stamps, which a source has corrected since. The conversation goes on where it is; what
        changes is the stamp of each media sample.
        """
        if self._clock is None or not self._clock.stepped or party != self._leader(arrival_ns):
            return
        back_ns = round(self._clock.stepped * NS_PER_SAMPLE)
        if abs(self._timelines[party].stamps.shift_ns - back_ns) > RETURNED_NEAR_NS:
            self._returned_ns = None
        elif self._returned_ns is None:
            self._returned_ns = arrival_ns
        elif arrival_ns - self._returned_ns >= RETURNED_NS:
            moved = -self._timelines[party].stamps.shift_ns
            for timeline in self._timelines.values():
                timeline.stamps.epoch_ns += moved
                if abs(timeline.stamps.shift_ns + moved) < abs(timeline.stamps.shift_ns):
                    timeline.stamps.shift_ns += moved
            self._clock.stepped, self._returned_ns = 0.0, None
            self._clock.steps += 1

    def _report_ros_time(self) -> None:
        """Report that ROS time was set; once per time that it does not follow real time."""
        before, self._foreign = self._foreign, self._ros_time.foreign
        if self._foreign and not before:
            self._notices.add("clock_foreign", self._ros_time.description())
        if jump := self._ros_time.set_by_ns:
            self._notices.add(
                "clock_jump", f"ROS time was set by {jump / 1e9:+.3f} s; frames continue, with stamps of the new time"
            )

    def _leader(self, now_ns: int) -> str | None:
        """The party whose stamps the clock follows; None when no leader is alive."""
        for party in self._leaders:
            arrival_ns = self._timelines[party].last_arrival_ns
            if arrival_ns is not None and now_ns - arrival_ns < ALIVE_NS:
                return party
        return None
