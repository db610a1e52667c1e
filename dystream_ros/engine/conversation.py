"""A conversation of two parties in time: audio in, frames out. The head node runs it; it needs no ROS."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from threading import Lock
from typing import Protocol

from dystream_ros.audio.block import AudioBlock
from dystream_ros.audio.notices import Notices
from dystream_ros.audio.speakers import Speakers
from dystream_ros.audio.statistics import PartyStatistics
from dystream_ros.audio.timeline.party_timeline import PartyTimeline, TimelineAudio
from dystream_ros.audio.timeline.segment import NS_PER_SAMPLE
from dystream_ros.engine.config import ConversationConfig
from dystream_ros.engine.driven import DrivenTime
from dystream_ros.engine.frame import ConversationStatistics, Frame, FrameTiming
from dystream_ros.engine.interfaces import HeadSession
from dystream_ros.engine.paced import PacedTime
from dystream_ros.face.motion import SPEAKING_OTHER, SPEAKING_SELF
from dystream_ros.face.stages.close_lips import CloseLips
from dystream_ros.face.stages.lip_gate import LipGate
from dystream_ros.face.stages.stage import MotionStages

__all__ = ["Conversation", "ConversationStatistics", "Frame"]

BITS = {"self": SPEAKING_SELF, "other": SPEAKING_OTHER}
SOONER_NS = 1_000_000  # smaller differences come from the slewing of the media clock


class ConversationTime(Protocol):
    """Determines when frames are due: `PacedTime` or `DrivenTime`. The conversation's lock is held in every call.

    Attributes:
        live: whether a clock advances the time, whatever audio arrives.
    """

    live: bool

    @property
    def ppm(self) -> float:
        """Rate of the media clock against the steady clock, in ppm."""
        ...

    @property
    def steps(self) -> int:
        """Number of steps of the media clock."""
        ...

    def push(self, party: str, block: AudioBlock, arrival_ns: int) -> None:
        """Accept a block; raises `AudioRejected`."""
        ...

    def due_ns(self, frame: int, now_ns: int) -> int | None:
        """Steady instant at which a frame is due; None while it is unknown."""
        ...

    def lacks(self, frame: int, now_ns: int) -> bool:
        """Whether audio that a frame needs is still expected."""
        ...

    def ready_ns(self, frame: int, audio: dict[str, TimelineAudio]) -> int | None:
        """Steady instant at which the last sample of a frame had arrived; None when it has no audio."""
        ...

    def audio_ns(self, frame: int) -> int | None:
        """Steady instant at which a clock passes the audio of a frame; None without a clock."""
        ...

    def stale(self, frame: int, now_ns: int) -> int:
        """Number of frames, from this one on, that are too old to be computed."""
        ...

    def watch(self, now_ns: int) -> None:
        """Report a party that stopped without ending its stream."""
        ...

    def forget_self(self) -> None:
        """Drop the self audio that is held outside its timeline."""
        ...


@dataclass(frozen=True)
class _Input:
    """Input of the next frame; collected while the lock is held."""

    frame: int
    start: int
    audio: dict[str, TimelineAudio]
    speakers: Speakers
    generation: int
    stamp_ns: int
    ready_ns: int
    due_ns: int
    audio_missing: int
    self_audio: tuple[AudioBlock, ...]
    reproducible: bool


class Conversation:
    """Combines the audio of two parties, one session, the motion stages and the media clock.

    `due_ns` and `step` belong to one thread; all other methods may be called from any thread. `step` does not hold the
    lock while the session runs.

    Args:
        session: of one head.
        config: of time and audio; the defaults of `ConversationConfig` when None.
        stamp_offset_ns: returns ROS time minus steady time, ns; called at each push and step.
        generation: last generation of the previous conversation; this one continues from it.
        stages: applied to each motion before it is shown; `CloseLips` alone when None.
    """

    def __init__(
        self,
        session: HeadSession,
        config: ConversationConfig | None = None,
        stamp_offset_ns: Callable[[], int] = lambda: 0,
        generation: int = 0,
        stages: MotionStages | None = None,
    ) -> None:
        self.config = config or ConversationConfig()
        self._session, self._offset = session, stamp_offset_ns
        self._stages = stages or MotionStages([CloseLips(session.close_lips)])
        self._gate = LipGate(session.layout) if self.config.lips_need_voice else None
        self._timing = FrameTiming(session.hop, session.lookahead)
        self._lock = Lock()
        self._figures = {party: PartyStatistics() for party in BITS}
        self._generation, self._frames, self._dropped = generation, 0, 0
        self._notices = Notices()
        self._commands: list[Callable[[], None]] = []
        self._now_ns = 0
        self._announced_ns: int | None = None
        self._ends: tuple[AudioBlock, ...] = ()
        self._begin()

    @property
    def generation(self) -> int:
        """Rises with each reset and interruption."""
        return self._generation

    def push(self, party: str, block: AudioBlock, arrival_ns: int) -> bool:
        """Accept a block of "self" or "other" that arrived at this steady instant.

        Returns:
            Whether the next frame is due sooner than `due_ns` last returned; true once per change.

        Raises:
            AudioRejected: the block is refused; it is already counted under its `reason`.
            ValueError: there is no such party.
        """
        if party not in BITS:
            raise ValueError(f"party is {party!r}; accepted are self and other")
        with self._lock:
            self._now_ns = arrival_ns
            self._time.push(party, block, arrival_ns)
            due = self._time.due_ns(self._next, arrival_ns)
            sooner = due is not None and (self._announced_ns is None or due < self._announced_ns - SOONER_NS)
            if sooner:
                self._announced_ns = due
            return sooner

    def due_ns(self, now_ns: int) -> int | None:
        """Steady instant at which the next frame is due; in the past after a stall. `push` may make it due sooner.

        In driven time: `now_ns` when the audio of a frame is complete, else None. In paced time the first push or call
        starts the clock.
        """
        with self._lock:
            self._now_ns = now_ns
            self._announced_ns = self._time.due_ns(self._next, now_ns)
            return self._announced_ns

    def audio_ns(self, now_ns: int) -> int | None:
        """Steady instant from which on the last audio of a frame can arrive; None when any may complete one.

        Of the next frame, or of the one after it when all of its audio is there and its time has come.
        """
        with self._lock:
            audio_ns = self._time.audio_ns(self._next)
            if audio_ns is None or audio_ns > now_ns or self._time.lacks(self._next, now_ns):
                return audio_ns
            return self._time.audio_ns(self._next + 1)

    def step(self, now_ns: int) -> Frame | None:
        """Compute the next frame if it is due, else return None."""
        while True:
            with self._lock:
                self._now_ns = now_ns
                commands, self._commands = self._commands, []
                # Resets and interruptions take effect before the next frame is computed.
                inputs = None if commands else self._next_input(now_ns)
            if not commands:
                return None if inputs is None else self._compute(inputs)
            for command in commands:
                command()

    def _next_input(self, now_ns: int) -> _Input | None:
        """Take the audio of the next frame when it is due; the lock is held."""
        due = self._time.due_ns(self._next, now_ns)
        if due is None or due > now_ns:
            return None
        self._time.watch(now_ns)
        self._drop(self._time.stale(self._next, now_ns))
        frame, start = self._next, self._timing.start(self._next)
        due, lacks = self._time.due_ns(frame, now_ns) or now_ns, self._time.lacks(frame, now_ns)
        needed = self._session.samples_needed
        audio = {party: timeline.read(needed, self._timing.hop) for party, timeline in self._timelines.items()}
        timeline = self._timelines["self"]
        ready = due if lacks else self._time.ready_ns(frame, audio) or due
        self._next += 1
        self._frames += 1
        return _Input(
            frame=frame,
            start=start,
            audio=audio,
            speakers=self._speakers,
            generation=self._generation,
            stamp_ns=max(0, timeline.stamps.epoch_ns + start * NS_PER_SAMPLE),
            ready_ns=ready,
            due_ns=due if self._time.live else ready,
            audio_missing=sum(bit for party, bit in BITS.items() if audio[party].missing),
            self_audio=(*self._take_ends(), *timeline.shown(self._timing.start(frame + 1))),
            reproducible=self._time.live or all(figures.reproducible for figures in self._figures.values()),
        )

    def _compute(self, inputs: _Input) -> Frame:
        """Step the session and pass its motion through the stages; the lock is not held."""
        audio, end = inputs.audio, inputs.start + self._timing.hop
        motion = self._session.step(audio["self"].samples, audio["other"].samples)
        speaking = 0
        inputs.speakers.add({party: part.samples for party, part in audio.items()})
        for party, bit in BITS.items():
            self._figures[party].speaking = inputs.speakers.speaking(party, inputs.start, end)
            speaking |= bit * self._figures[party].speaking
            if (level := inputs.speakers.soft_voice(party)) is not None:
                self._notice_soft_voice(party, level)
        motion = replace(motion, frame=inputs.frame, speaking=speaking)
        gated = motion if self._gate is None else self._gate.apply(motion, inputs.speakers.voice("self"))
        shown = self._stages.apply(gated, self._timing.middle_seconds(inputs.frame))
        fed_back = self._stages.fed_back(shown)
        if fed_back is not motion:
            self._session.emitted(fed_back)
        return Frame(
            motion=shown,
            generation=inputs.generation,
            stamp_ns=inputs.stamp_ns,
            ready_ns=inputs.ready_ns,
            due_ns=inputs.due_ns,
            audio_missing=inputs.audio_missing,
            self_audio=inputs.self_audio,
            reproducible=inputs.reproducible,
        )

    def _notice_soft_voice(self, party: str, level: float) -> None:
        floor = self.config.speech_floor
        with self._lock:
            self._notices.add(
                "voice_soft",
                f"{party} audio: a voice at {level:.0f} dBFS is below speech_floor ({floor:.0f} dBFS) and not taken "
                "for speech; raise the gain of its source, or lower speech_floor",
            )

    def reset(self, seed: int | None = None, after_pause: bool = False) -> None:
        """Reset at the next step: frame 0, empty timelines, a new session state. The generation rises at once.

        Queued speech is interrupted: the next frame has its ends, and the rest of its stream is refused.

        Args:
            seed: of the session; None keeps the present one.
            after_pause: nothing was heard for a while, so that what is sent from now on is no rest.
        """

        def begin() -> None:
            self._session.reset(seed)
            self._stages.reset()
            if self._gate is not None:
                self._gate.reset()

        with self._lock:
            self._generation += 1
            self._commands = [begin]
            for figures in self._figures.values():
                figures.reproducible = True
            former = self._timelines["self"]
            if former.can_wait:
                former.interrupt()
                self._ends += former.shown(former.cursor)
            self._begin()
            if not after_pause:
                self._timelines["self"].refuse_rest_of(former)

    def interrupt(self) -> None:
        """Drop the queued self audio and the rest of its stream, and close the lips; other is still received."""
        with self._lock:
            self._generation += 1
            self._commands.append(self._stages.interrupt)
            self._timelines["self"].interrupt()
            self._time.forget_self()

    def stop(self) -> tuple[AudioBlock, ...]:
        """Interrupt, for frames that others make: returns the ends of streams that the next of them has to show."""
        self.interrupt()
        with self._lock:
            timeline = self._timelines["self"]
            return (*self._take_ends(), *timeline.shown(timeline.cursor))

    def statistics(self) -> ConversationStatistics:
        """A copy of the statistics, as of the latest push or step; changes nothing."""
        with self._lock:
            counters = dict(self._notices.counts)
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
        """Remove and return the notices since the last call, as (counter, message)."""
        with self._lock:
            notices = self._notices.take()
            for party, timeline in self._timelines.items():
                notices += [(name, f"{party} audio: {text}") for name, text in timeline.take_notices()]
            return notices

    def _take_ends(self) -> tuple[AudioBlock, ...]:
        """Remove and return the ends of streams that a reset cut, which no frame has shown; the lock is held."""
        ends, self._ends = self._ends, ()
        return ends

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
        self._speakers = Speakers(("self", "other"), config.speech_floor)
        time = DrivenTime if driven else PacedTime
        self._time: ConversationTime = time(config, self._timelines, self._timing, self._offset, self._notices)
        self._next = 0

    def _drop(self, count: int) -> None:
        """Skip frames: live audio is skipped with them, queued speech is said later.

        The session receives queued speech without a break, and the audio that it has received for its lookahead is
        shown with its next frame.
        """
        if not count:
            return
        self._next += count
        self._dropped += count
        samples = count * self._timing.hop
        for timeline in self._timelines.values():
            if timeline.can_wait:
                timeline.delay(samples)
            else:
                timeline.skip(samples)
                timeline.discard_shown(self._timing.start(self._next))
        self._speakers.skip(samples, {party for party, timeline in self._timelines.items() if timeline.can_wait})
