"""A conversation of two parties in time: audio goes in, frames come out; what the head node runs, without ROS."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from threading import Lock

import numpy as np

from dystream_ros.audio.activity import VoiceActivity
from dystream_ros.audio.block import AudioBlock, AudioRejected
from dystream_ros.audio.resample import MEDIA_RATE
from dystream_ros.audio.segment import NS_PER_SAMPLE
from dystream_ros.audio.statistics import PartyStatistics
from dystream_ros.audio.timeline import Heard, PartyTimeline
from dystream_ros.engine.clock import DrivenClock, PacedClock
from dystream_ros.engine.config import ConversationConfig
from dystream_ros.face.motion import SPEAKING_OTHER, SPEAKING_SELF, MotionFrame

BITS = {"self": SPEAKING_SELF, "other": SPEAKING_OTHER}
ALIVE_NS = 1_000_000_000
# ROS time that leaves steady time by more than this at once has been set, not slewed.
CLOCK_JUMP_NS = 100_000_000
# In driven time, streams that begin further apart by their stamps are begun together.
START_APART_NS = 60_000_000_000
NOTICES_KEPT = 100


@dataclass(frozen=True)
class Frame:
    """One frame and the instants it is judged by.

    Attributes:
        motion: the motion; its `frame` is k of the media clock, its `speaking` bits are set.
        generation: number of the reset or interrupt that this frame follows.
        stamp_ns: ROS time of the start of its interval; `latency` = ROS time of publication - stamp_ns.
        ready_ns: steady instant at which the last sample it needs had come, or its deadline when that sample is
            missing; `processing` = steady time of publication - ready_ns.
        due_ns: steady instant at which it was due (paced), or ready_ns (driven).
        audio_missing: bits SPEAKING_SELF, SPEAKING_OTHER: whose audio was not there for the whole frame.
        self_audio: the self audio that this frame shows, in its own rate, channels and stream; for self/audio_aligned.
        reproducible: False when loss or disorder in driven time may have shaped this frame.
    """

    motion: MotionFrame
    generation: int
    stamp_ns: int
    ready_ns: int
    due_ns: int
    audio_missing: int
    self_audio: tuple[AudioBlock, ...]
    reproducible: bool


@dataclass(frozen=True)
class ConversationStatistics:
    """Figures of a conversation since its start; resets do not clear them.

    Attributes:
        generation: rises with every reset and interrupt.
        frames, frames_dropped: made, and given up after a stall.
        clock_ppm: rate of the media clock against the steady clock, in ppm.
        self_audio, other_audio: figures of each party.
        counters: rare things that happened to the conversation, by short name (clock_jump, clock_step ...).
    """

    generation: int
    frames: int
    frames_dropped: int
    clock_ppm: float
    self_audio: PartyStatistics
    other_audio: PartyStatistics
    counters: dict[str, int]


class Conversation:
    """Joins the audio of two parties, one session and the media clock.

    `push`, `interrupt`, `reset`, `statistics` and `notices` may be called from any thread; `due_ns` and `step` from one
    thread. `step` does not hold the lock while the session runs.

    Args:
        session: of `engine.session.Session`'s interface.
        config: checked configuration.
        stamp_offset_ns: gives ROS time minus steady time in nanoseconds, now; asked at each push and step.
    """

    def __init__(
        self, session, config: ConversationConfig | None = None, stamp_offset_ns: Callable[[], int] = lambda: 0
    ) -> None:
        self.config = config or ConversationConfig()
        self._session, self._offset = session, stamp_offset_ns
        self._hop, self._lookahead = session.hop, session.lookahead
        self._lock = Lock()
        self._figures = {party: PartyStatistics() for party in BITS}
        self._generation, self._frames, self._dropped = 0, 0, 0
        self._counters: dict[str, int] = {}
        self._notices: list[tuple[str, str]] = []
        self._reset_seed: tuple[int | None] | None = None
        self._hush = False
        self._now_ns = 0
        self._begin()

    @property
    def generation(self) -> int:
        """Number of resets and interrupts so far."""
        return self._generation

    def push(self, party: str, block: AudioBlock, arrival_ns: int) -> None:
        """Take a block of "self" or "other" that arrived at this steady instant.

        Raises:
            AudioRejected: the block is refused; it is counted already, under its `reason`.
            ValueError: there is no such party.
        """
        if party not in BITS:
            raise ValueError(f"party is {party!r}; accepted are self and other")
        with self._lock:
            self._now_ns = arrival_ns
            if self.config.time_mode == "driven":
                self._push_driven(party, block, arrival_ns)
            else:
                self._push_paced(party, block, arrival_ns)

    def due_ns(self, now_ns: int) -> int | None:
        """Steady instant at which the next frame must be made; in the past after a stall.

        In driven time: `now_ns` when a frame can be made, else None.
        The first push or call in paced time starts the clock.
        """
        with self._lock:
            self._now_ns = now_ns
            return self._due(now_ns)

    def step(self, now_ns: int) -> Frame | None:
        """Make the next frame when it is due, else return None."""
        while True:
            with self._lock:
                seed, hush = self._reset_seed, self._hush
                self._reset_seed, self._hush = None, False
                self._now_ns = now_ns
                if seed is None and not hush:
                    due = self._due(now_ns)
                    if due is None or due > now_ns:
                        return None
                    self._drop_stale(now_ns)
                    due = self._due(now_ns)
                    frame, start = self._next, self._next * self._hop
                    heard = {party: self._read(party, start) for party in BITS}
                    generation, epoch_ns, activity = self._generation, self._timelines["self"].epoch_ns, self._activity
                    shown = self._timelines["self"].shown(start + self._hop)
                    ready = self._ready_ns(heard, due)
                    missing = sum(bit for party, bit in BITS.items() if heard[party].missing)
                    driven = self.config.time_mode == "driven"
                    reproducible = not driven or all(figures.reproducible for figures in self._figures.values())
                    self._next += 1
                    self._frames += 1
                    break
            if seed is not None:
                self._session.reset(*seed)
            if hush:
                self._session.hush()
        motion = self._session.step(heard["self"].samples, heard["other"].samples)
        speaking = 0
        for party, bit in BITS.items():
            activity[party].add(heard[party].samples)
            self._figures[party].speaking = activity[party].speaking(start, start + self._hop)
            speaking |= bit * self._figures[party].speaking
        return Frame(
            motion=replace(motion, frame=frame, speaking=speaking),
            generation=generation,
            stamp_ns=epoch_ns + start * NS_PER_SAMPLE,
            ready_ns=ready,
            due_ns=ready if driven else due,
            audio_missing=missing,
            self_audio=shown,
            reproducible=reproducible,
        )

    def reset(self, seed: int | None = None) -> None:
        """Start anew at the next step: frame 0, empty timelines, a new session state; the generation rises at once."""
        with self._lock:
            self._generation += 1
            self._reset_seed, self._hush = (seed,), False
            for figures in self._figures.values():
                figures.reproducible = True
            self._begin()

    def interrupt(self) -> None:
        """Drop the waiting self audio and the rest of its stream, close the lips; listening goes on."""
        with self._lock:
            self._generation += 1
            self._hush = True
            self._timelines["self"].interrupt()
            self._held = [held for held in self._held if held[0] != "self"]

    def statistics(self) -> ConversationStatistics:
        """A copy of the figures, as of the latest push or step."""
        with self._lock:
            counters = dict(self._counters)
            if self._clock is not None and self._clock.steps:
                counters["clock_step"] = self._clock.steps
            return ConversationStatistics(
                generation=self._generation,
                frames=self._frames,
                frames_dropped=self._dropped,
                clock_ppm=0.0 if self._clock is None else (self._clock.rate - 1) * 1e6,
                self_audio=self._timelines["self"].figures(self._now_ns),
                other_audio=self._timelines["other"].figures(self._now_ns),
                counters=counters,
            )

    def notices(self) -> list[tuple[str, str]]:
        """What happened since the last call, as (short name, sentence), for a throttled log."""
        with self._lock:
            taken, self._notices = self._notices, []
            for party, timeline in self._timelines.items():
                taken += [(name, f"{party} audio: {text}") for name, text in timeline.notices]
                timeline.notices.clear()
            return taken

    def _begin(self) -> None:
        config = self.config
        driven = config.time_mode == "driven"
        modes = {"self": "driven" if driven else config.self_mode, "other": "driven" if driven else "live"}
        channels = {"self": config.self_channel, "other": config.other_channel}
        self._timelines = {
            party: PartyTimeline(
                modes[party],
                queue_limit=config.queue_limit,
                source_timeout=config.source_timeout,
                channel=None if channels[party] < 0 else channels[party],
                keep_blocks=party == "self",
                statistics=self._figures[party],
            )
            for party in BITS
        }
        self._activity = {party: VoiceActivity(config.speech_floor) for party in BITS}
        self._awaited = list(BITS) if config.parties == "both" else [config.parties]
        self._driven = DrivenClock([self._timelines[party] for party in self._awaited])
        self._clock: PacedClock | None = None
        self._last_offset_ns = 0
        self._held: list[tuple[str, AudioBlock, int]] = []
        self._started = False
        self._next = 0

    def _push_paced(self, party: str, block: AudioBlock, arrival_ns: int) -> None:
        clock = self._paced_clock(arrival_ns)
        timeline = self._timelines[party]
        timeline.other_shift_ns = self._timelines["other" if party == "self" else "self"].shift_ns
        timeline.push(block, arrival_ns, clock.position(arrival_ns))
        if block.stamp_ns and timeline.shift_ns == 0 and party == self._reference(arrival_ns):
            end = timeline.position_of_stamp(block.stamp_ns) + block.seconds * MEDIA_RATE
            clock.observe(end, arrival_ns)

    def _push_driven(self, party: str, block: AudioBlock, arrival_ns: int) -> None:
        timeline = self._timelines[party]
        if self._started:
            timeline.other_shift_ns = self._timelines["other" if party == "self" else "self"].shift_ns
            timeline.push(block, arrival_ns)
            return
        timeline.check(block)
        held = sum(waiting.seconds for name, waiting, _ in self._held if name == party)
        if held > self.config.queue_limit:
            message = (
                f"{held:.1f} s of {party} audio wait for the other party to begin (parties is {self.config.parties}): "
                "start that source, or do not wait for it"
            )
            timeline.refuse(block, AudioRejected("queue_full", message))
        self._held.append((party, block, arrival_ns))
        if {name for name, _, _ in self._held} >= set(self._awaited):
            self._start_driven(arrival_ns)

    def _start_driven(self, now_ns: int) -> None:
        firsts = {}
        for party, block, _ in self._held:
            if block.stamp_ns and party in self._awaited:
                firsts[party] = min(block.stamp_ns, firsts.get(party, block.stamp_ns))
        epoch_ns = min(firsts.values()) if firsts else now_ns + self._offset()
        for party, timeline in self._timelines.items():
            timeline.epoch_ns = epoch_ns
            if party in firsts and firsts[party] - epoch_ns > START_APART_NS:
                timeline.align(firsts[party], 0)
                apart = (firsts[party] - epoch_ns) / 1e9
                self._note("start_apart", f"by their stamps the streams begin {apart:.0f} s apart; begun together")
        self._started = True
        held, self._held = self._held, []
        for party, block, arrival_ns in held:
            # The timeline counts what it refuses; whoever sent it has been answered long ago.
            with suppress(AudioRejected):
                self._timelines[party].push(block, arrival_ns)

    def _paced_clock(self, now_ns: int) -> PacedClock:
        offset = self._offset()
        if self._clock is None:
            # The first frame is due one hop from now.
            position = self._lookahead + self.config.jitter_budget * MEDIA_RATE
            self._clock = PacedClock(now_ns, position, self.config.jitter_budget * MEDIA_RATE)
            for timeline in self._timelines.values():
                timeline.epoch_ns = now_ns + offset - round(position * NS_PER_SAMPLE)
        elif abs(offset - self._last_offset_ns) > CLOCK_JUMP_NS:
            jump = offset - self._last_offset_ns
            for timeline in self._timelines.values():
                timeline.epoch_ns += jump
            self._note("clock_jump", f"ROS time was set by {jump / 1e9:+.3f} s; frames go on, their stamps follow")
        self._last_offset_ns = offset
        if self._reference(now_ns) is None:
            self._clock.observe((now_ns + offset - self._timelines["other"].epoch_ns) / NS_PER_SAMPLE, now_ns)
        return self._clock

    def _reference(self, now_ns: int) -> str | None:
        """The party whose stamps the clock follows: self when it is live, else other; None when neither is heard."""
        for party in ("self", "other") if self.config.self_mode == "live" else ("other",):
            arrival_ns = self._timelines[party].last_arrival_ns
            if arrival_ns is not None and now_ns - arrival_ns < ALIVE_NS:
                return party
        return None

    def _due(self, now_ns: int) -> int | None:
        needed = (self._next + 1) * self._hop + self._lookahead
        if self.config.time_mode == "driven":
            return now_ns if self._started and self._driven.ready(self._next * self._hop, needed) else None
        clock = self._paced_clock(now_ns)
        clock.settle(now_ns)
        return clock.instant(needed + self.config.jitter_budget * MEDIA_RATE)

    def _drop_stale(self, now_ns: int) -> None:
        if self.config.time_mode == "driven":
            return
        passed = self._clock.position(now_ns) - self.config.jitter_budget * MEDIA_RATE - self._lookahead
        stale = int(passed // self._hop) - self._next - self.config.catch_up
        if stale <= 0:
            return
        for party, timeline in self._timelines.items():
            timeline.skip(stale * self._hop)
            self._activity[party].add(np.zeros(stale * self._hop, np.float32))
        self._timelines["self"].shown(self._next * self._hop + stale * self._hop)
        self._next += stale
        self._dropped += stale
        self._note("stall", f"{stale + self.config.catch_up} frames were overdue; {stale} of them are dropped")

    def _read(self, party: str, start: int) -> Heard:
        timeline = self._timelines[party]
        return timeline.read(start + self._hop + self._lookahead - timeline.cursor, self._hop)

    def _ready_ns(self, heard: dict[str, Heard], due_ns: int) -> int:
        """When the last sample came that the frame needs; the deadline for one that did not come."""
        arrivals = [part.last_arrival_ns for part in heard.values() if part.last_arrival_ns is not None]
        if not arrivals or (self.config.time_mode == "paced" and any(part.missing for part in heard.values())):
            return due_ns
        return max(arrivals)

    def _note(self, name: str, text: str) -> None:
        self._counters[name] = self._counters.get(name, 0) + 1
        self._notices.append((name, text))
        del self._notices[:-NOTICES_KEPT]
