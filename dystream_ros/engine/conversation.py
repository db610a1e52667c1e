"""A conversation of two parties in time: audio goes in, frames come out; what the head node runs, without ROS."""

from collections.abc import Callable
from dataclasses import replace
from threading import Lock

import numpy as np

from dystream_ros.audio.activity import VoiceActivity
from dystream_ros.audio.block import AudioBlock
from dystream_ros.audio.segment import NS_PER_SAMPLE
from dystream_ros.audio.statistics import PartyStatistics
from dystream_ros.audio.timeline import Heard, PartyTimeline
from dystream_ros.engine.config import ConversationConfig
from dystream_ros.engine.driven import DrivenTime
from dystream_ros.engine.frame import ConversationStatistics, Frame
from dystream_ros.engine.paced import PacedTime
from dystream_ros.face.motion import SPEAKING_OTHER, SPEAKING_SELF

__all__ = ["Conversation", "ConversationStatistics", "Frame"]

BITS = {"self": SPEAKING_SELF, "other": SPEAKING_OTHER}
NOTICES_KEPT = 100
SOONER_NS = 1_000_000  # less is the media clock's slewing


class Conversation:
    """Joins the audio of two parties, one session and the media clock.

    `push`, `interrupt`, `reset`, `statistics` and `notices` may be called from any thread; `due_ns` and `step` from one
    thread. `step` does not hold the lock while the session runs.

    Args:
        session: of `engine.session.Session`'s interface.
        config: checked configuration.
        stamp_offset_ns: gives ROS time minus steady time in nanoseconds, now; asked at each push and step.
        generation: of the conversation before, so that this one's numbers are higher.
    """

    def __init__(
        self,
        session,
        config: ConversationConfig | None = None,
        stamp_offset_ns: Callable[[], int] = lambda: 0,
        generation: int = 0,
    ) -> None:
        self.config = config or ConversationConfig()
        self._session, self._offset = session, stamp_offset_ns
        self._hop, self._lookahead = session.hop, session.lookahead
        self._lock = Lock()
        self._figures = {party: PartyStatistics() for party in BITS}
        self._generation, self._frames, self._dropped = generation, 0, 0
        self._counters: dict[str, int] = {}
        self._notices: list[tuple[str, str]] = []
        self._reset_seed: tuple[int | None] | None = None
        self._hush = False
        self._now_ns = 0
        self._told_ns: int | None = None
        self._begin()

    @property
    def generation(self) -> int:
        """Number of resets and interrupts so far."""
        return self._generation

    def push(self, party: str, block: AudioBlock, arrival_ns: int) -> bool:
        """Take a block of "self" or "other" that arrived at this steady instant.

        Returns:
            Whether the next frame is due sooner now than `due_ns` said; said once.

        Raises:
            AudioRejected: the block is refused; it is counted already, under its `reason`.
            ValueError: there is no such party.
        """
        if party not in BITS:
            raise ValueError(f"party is {party!r}; accepted are self and other")
        with self._lock:
            self._now_ns = arrival_ns
            self._time.push(party, block, arrival_ns)
            due = self._time.due_ns(self._next, arrival_ns)
            sooner = due is not None and (self._told_ns is None or due < self._told_ns - SOONER_NS)
            if sooner:
                self._told_ns = due
            return sooner

    def due_ns(self, now_ns: int) -> int | None:
        """Steady instant at which the next frame is due; in the past after a stall. `push` may make it due sooner.

        In driven time: `now_ns` when a frame can be made, else None.
        The first push or call in paced time starts the clock.
        """
        with self._lock:
            self._now_ns = now_ns
            self._told_ns = self._time.due_ns(self._next, now_ns)
            return self._told_ns

    def step(self, now_ns: int) -> Frame | None:
        """Make the next frame when it is due, else return None."""
        while True:
            with self._lock:
                seed, hush = self._reset_seed, self._hush
                self._reset_seed, self._hush = None, False
                self._now_ns = now_ns
                if seed is None and not hush:
                    due = self._time.due_ns(self._next, now_ns)
                    if due is None or due > now_ns:
                        return None
                    self._time.watch(now_ns)
                    self._drop(self._time.stale(self._next, now_ns))
                    frame, start = self._next, self._next * self._hop
                    due, lacks = self._time.due_ns(frame, now_ns), self._time.lacks(frame, now_ns)
                    heard = {party: self._read(party, start) for party in BITS}
                    generation, epoch_ns, activity = (
                        self._generation,
                        self._timelines["self"].stamps.epoch_ns,
                        self._activity,
                    )
                    shown = self._timelines["self"].shown(start + self._hop)
                    ready = due if lacks else self._time.ready_ns(frame, heard) or due
                    missing = sum(bit for party, bit in BITS.items() if heard[party].missing)
                    live = self._time.live
                    reproducible = live or all(figures.reproducible for figures in self._figures.values())
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
            due_ns=due if live else ready,
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
            self._time.forget_self()

    def statistics(self) -> ConversationStatistics:
        """A copy of the figures, as of the latest push or step."""
        with self._lock:
            counters = dict(self._counters)
            if self._time.steps:
                counters["clock_step"] = self._time.steps
            return ConversationStatistics(
                generation=self._generation,
                frames=self._frames,
                frames_dropped=self._dropped,
                clock_ppm=self._time.ppm,
                self_audio=self._timelines["self"].figures(self._now_ns),
                other_audio=self._timelines["other"].figures(self._now_ns),
                counters=counters,
            )

    def notices(self) -> list[tuple[str, str]]:
        """What happened since the last call, as (short name, sentence), for a throttled log."""
        with self._lock:
            taken, self._notices = self._notices, []
            for party, timeline in self._timelines.items():
                taken += [(name, f"{party} audio: {text}") for name, text in timeline.take_notices()]
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
                budget=config.jitter_budget,
                source_timeout=config.source_timeout,
                channel=None if channels[party] < 0 else channels[party],
                keep_blocks=party == "self",
                statistics=self._figures[party],
            )
            for party in BITS
        }
        stamps = {party: timeline.stamps for party, timeline in self._timelines.items()}
        stamps["self"].other, stamps["other"].other = stamps["other"], stamps["self"]
        self._activity = {party: VoiceActivity(config.speech_floor) for party in BITS}
        time = DrivenTime if driven else PacedTime
        self._time = time(config, self._timelines, self._hop, self._lookahead, self._offset, self._note)
        self._next = 0

    def _drop(self, count: int) -> None:
        """Leave out frames, and the audio that is no longer shown with them."""
        if not count:
            return
        for party, timeline in self._timelines.items():
            timeline.skip(count * self._hop)
            self._activity[party].add(np.zeros(count * self._hop, np.float32))
        self._next += count
        self._dropped += count
        self._timelines["self"].discard_shown(self._next * self._hop)

    def _read(self, party: str, start: int) -> Heard:
        timeline = self._timelines[party]
        return timeline.read(start + self._hop + self._lookahead - timeline.cursor, self._hop)

    def _note(self, name: str, text: str) -> None:
        self._counters[name] = self._counters.get(name, 0) + 1
        self._notices.append((name, text))
        del self._notices[:-NOTICES_KEPT]
