"""The inference thread of a head: it loads the model, computes the frames in time and passes them to the sinks.

Pictures are drawn in another thread (`sink_thread`), so that motion never waits for them. ROS callbacks only push
audio.
"""

import dataclasses
import threading
import time
from collections.abc import Callable
from enum import Enum, auto

import numpy as np

from dystream_ros.audio.block import AudioBlock
from dystream_ros.audio.resample import MEDIA_RATE
from dystream_ros.engine.config import ConversationConfig
from dystream_ros.engine.conversation import Conversation
from dystream_ros.engine.fault_tolerant_session import FaultTolerantSession
from dystream_ros.engine.frame import Frame
from dystream_ros.face.motion import MotionFrame
from dystream_ros.face.stages.close_lips import CloseLips
from dystream_ros.face.stages.directed import DirectedFace
from dystream_ros.face.stages.return_to_neutral import ReplaceFailedFrames, ReturnToNeutral, failed_frame
from dystream_ros.face.stages.stage import MotionStages
from dystream_ros.nodes.common.reports import Reports
from dystream_ros.nodes.head.engine import Engine
from dystream_ros.nodes.head.sinks import FrameSinks
from dystream_ros.nodes.head.stage_times import StageTimes

_LONGEST_WAIT = 0.5  # s; in driven time a wait otherwise ends with audio or a command only
_WARM_UP_FRAMES = 5
_BEFORE_NS = 5_000_000  # from so long before a frame is due, each message of audio is passed on at once


class _State(Enum):
    LOADING = auto()
    IDLE = auto()
    WARMING_UP = auto()
    RUNNING = auto()
    RESTING = auto()
    CLOSED = auto()


@dataclasses.dataclass(frozen=True)
class Loaded:
    """The parts that the thread has loaded.

    Attributes:
        engine: the session and the identity of its model.
        conversation: runs the session in time.
        directed: takes the requests for gaze, expressions, gestures, rest and behaviour.
    """

    engine: Engine
    conversation: Conversation
    directed: DirectedFace


class Inference:
    """Frames of one head, from `load` to `close`. Its methods may be called from any thread.

    Args:
        config: checked configuration of the conversation.
        open_engine: called in the inference thread.
        ramp_seconds: returns the duration of the return to neutral, s.
        stamp_offset_ns: returns ROS time minus steady time, ns.
        stages: receives the duration of each part of the work.
        reports: receives failures.
        generation: of the frames before `load`.
    """

    def __init__(
        self,
        config: ConversationConfig,
        open_engine: Callable[[], Engine],
        ramp_seconds: Callable[[], float],
        stamp_offset_ns: Callable[[], int],
        stages: StageTimes,
        reports: Reports,
        generation: int,
    ) -> None:
        self._config = config
        self._open_engine = open_engine
        self._ramp_seconds = ramp_seconds
        self._stamp_offset_ns = stamp_offset_ns
        self._stages = stages
        self._reports = reports
        self._generation = generation
        self._loaded: Loaded | None = None
        self._session: FaultTolerantSession
        self._sinks: FrameSinks
        self._failure: Exception | None = None
        self._state = _State.LOADING
        self._changed = threading.Condition()
        self._woken = False
        self._thread = threading.Thread(target=self._run, name="inference", daemon=True)

    def load(self) -> Loaded:
        """Start the thread and wait until the model is loaded.

        Raises:
            Exception: loading the model failed; the thread has ended.
        """
        self._thread.start()
        self._await(lambda: self._state is not _State.LOADING)
        if self._failure is not None:
            self._thread.join()
            raise self._failure
        return self._parts

    def connect(self, sinks: FrameSinks) -> None:
        """Set the sinks of the frames, and make the first frames without publishing them; once, after `load`.

        The first frames of a process take longer than the others, in every part of the work.
        """
        self._sinks = sinks
        self._set(_State.WARMING_UP)
        self._await(lambda: self._state is not _State.WARMING_UP)

    def prepare(self, seed: int) -> None:
        """Begin a conversation anew, whose audio and requests may arrive from now on."""
        self._sinks.last = None
        self._parts.directed.forget()
        self._parts.conversation.reset(seed, after_pause=True)

    def activate(self) -> None:
        """Compute frames until `deactivate`; after `prepare`."""
        self._set(_State.RUNNING)

    def deactivate(self) -> None:
        """Bring the face to neutral and stop; blocks until the face is neutral."""
        with self._changed:
            if self._state is not _State.RUNNING:
                return
        self._set(_State.RESTING)
        self._await(lambda: self._state is not _State.RESTING)

    def close(self) -> int:
        """Deactivate and end the thread; returns the last generation."""
        self.deactivate()
        generation = self._parts.conversation.generation
        self._set(_State.CLOSED)
        self._thread.join()
        return generation

    def push(self, party: str, block: AudioBlock, arrival_ns: int) -> None:
        """Accept a block of "self" or "other" that arrived at this steady instant, of late.

        Raises:
            AudioRejected: the block is refused; it is already counted.
        """
        if self._parts.conversation.push(party, block, arrival_ns):
            self._wake()

    def spare_seconds(self) -> float:
        """Time for which no audio is needed: it may be passed on later, with the instant of its arrival."""
        then = time.monotonic_ns() + _BEFORE_NS
        audio_ns = self._parts.conversation.audio_ns(then) if self._state is _State.RUNNING else None
        return 0.0 if audio_ns is None else (audio_ns - then) / 1e9

    def reset(self, seed: int) -> None:
        """Reset the conversation at the next frame."""
        self._parts.conversation.reset(seed)
        self._wake()

    def interrupt(self) -> None:
        """Drop the queued self audio and close the lips; the other party is still received."""
        self._parts.conversation.interrupt()
        self._wake()

    @property
    def conversation(self) -> Conversation:
        """The conversation, after `load`."""
        return self._parts.conversation

    @property
    def directed(self) -> DirectedFace:
        """The stage that takes requests for the face, after `load`."""
        return self._parts.directed

    @property
    def failure(self) -> str:
        """Message of the model's current failure; "" while it works."""
        return self._session.failure

    @property
    def _parts(self) -> Loaded:
        if self._loaded is None:
            raise RuntimeError("nothing is loaded: call load() first")
        return self._loaded

    def _wake(self) -> None:
        with self._changed:
            self._woken = True
            self._changed.notify_all()

    def _set(self, state: _State) -> None:
        with self._changed:
            self._state = state
            self._changed.notify_all()

    def _await(self, condition: Callable[[], bool]) -> None:
        with self._changed:
            self._changed.wait_for(condition)

    def _run(self) -> None:
        try:
            self._loaded = self._load()
        except Exception as error:
            # Raised by `load`, which waits for the state.
            self._failure = error
            self._set(_State.CLOSED)
            return
        self._set(_State.IDLE)
        while self._state is not _State.CLOSED:
            self._iterate()

    def _load(self) -> Loaded:
        engine = self._open_engine()
        self._session = FaultTolerantSession(engine.session, self._report_failure)
        self._timing = engine.timing
        neutral = engine.session.neutral
        # Last in the list: on the way to neutral it overrides all other stages.
        self._to_neutral, self._substitute = ReturnToNeutral(neutral), ReturnToNeutral(neutral)
        directed = DirectedFace(engine.session.layout, self._session.set_event_rates)
        stages = MotionStages(
            [
                ReplaceFailedFrames(neutral, self._ramp_frames),
                directed,
                CloseLips(self._session.close_lips),
                self._to_neutral,
            ]
        )
        conversation = Conversation(self._session, self._config, self._stamp_offset_ns, self._generation, stages)
        return Loaded(engine, conversation, directed)

    def _report_failure(self, text: str, frames: int) -> None:
        self._reports.error("engine_failures", text, amount=frames)

    def _iterate(self) -> None:
        """Do the work of the present state, or wait for another one; logs exceptions, since the thread must go on."""
        # Cleared first: an event that arrives during the work below prevents the wait at its end.
        self._woken = False
        try:
            if self._state is _State.RUNNING:
                self._run_frame()
            elif self._state is _State.RESTING:
                self._run_to_neutral()
                self._set(_State.IDLE)
            elif self._state is _State.WARMING_UP:
                self._warm_up()
                self._set(_State.IDLE)
            else:
                self._await(lambda: self._state is not _State.IDLE)
        except Exception as error:
            self._reports.error("engine_failures", f"a frame could not be shown: {type(error).__name__}: {error}")
            if self._state in (_State.RESTING, _State.WARMING_UP):
                self._set(_State.IDLE)
            self._sleep(self._timing.period_ns / 1e9)

    def _warm_up(self) -> None:
        """Make frames of silence in simulated time. An activation resets everything that they change."""
        conversation = Conversation(self._session, self._config, self._stamp_offset_ns)
        now = time.monotonic_ns()
        # At other rates than the media clock, so that the filters of the resampling are made.
        for party, rate in (("self", 24_000), ("other", 48_000)):
            silence = np.zeros(_WARM_UP_FRAMES * self._session.hop * rate // MEDIA_RATE, np.float32)
            conversation.push(party, AudioBlock(1, 0, rate, 1, None, silence, end_of_stream=True), now)
        for _ in range(_WARM_UP_FRAMES):
            now = max(now, conversation.due_ns(now) or now)
            frame = conversation.step(now)
            if frame is not None:
                self._sinks.show_quick(frame)

    def _run_frame(self) -> None:
        """Compute and show the next frame when it is due, else wait."""
        conversation = self._parts.conversation
        try:
            now = time.monotonic_ns()
            due = conversation.due_ns(now)
            if due is None or due > now:
                self._sleep(_LONGEST_WAIT if due is None else (due - now) / 1e9)
                return
            frame = conversation.step(now)
            if frame is None:
                return
        except Exception as error:
            self._reports.error("engine_failures", f"a frame could not be computed: {type(error).__name__}: {error}")
            self._show_substitute()
            self._sleep(self._timing.period_ns / 1e9)
            return
        self._substitute.release()
        self._stages.add("waiting", now - frame.ready_ns)
        self._stages.add("engine", time.monotonic_ns() - now)
        self._sinks.show(frame)

    def _sleep(self, seconds: float) -> None:
        """Wait until the time is over, audio completes a frame or a command arrives."""
        with self._changed:
            if self._state is _State.RUNNING and not self._woken:
                self._changed.wait(seconds)

    def _ramp_frames(self) -> int:
        return round(self._ramp_seconds() * 1e9 / self._timing.period_ns)

    def _run_to_neutral(self) -> None:
        """Show frames in real time from the last one to neutral, the last one in every sink.

        The first of them says that the speech was cut.
        """
        if self._sinks.last is None:
            return
        ends = self._parts.conversation.stop()
        # Dials are not on the path of the stage: the way begins at what was shown.
        self._to_neutral.begin(self._ramp_frames(), self._sinks.last.motion)
        begun = time.monotonic_ns()
        count = 0
        while not self._to_neutral.arrived and self._state is _State.RESTING:
            self._show_transition_frame(self._to_neutral, ends)
            ends = ()
            count += 1
            time.sleep(max(0.0, (begun + count * self._timing.period_ns - time.monotonic_ns()) / 1e9))
        self._sinks.drain()

    def _show_substitute(self) -> None:
        """Show a frame on the way to neutral in place of one that the conversation could not compute."""
        if not self._substitute.active:
            last = self._sinks.last
            self._substitute.begin(self._ramp_frames(), None if last is None else last.motion)
        self._show_transition_frame(self._substitute)

    def _show_transition_frame(self, to_neutral: ReturnToNeutral, self_audio: tuple[AudioBlock, ...] = ()) -> None:
        now, last = time.monotonic_ns(), self._sinks.last
        if last is None:
            stamp_ns, number = now + self._stamp_offset_ns(), 0
        else:
            stamp_ns, number = last.stamp_ns + self._timing.period_ns, last.motion.frame + 1
        motion: MotionFrame = failed_frame(self._session.layout, number)
        frame = Frame(
            motion=to_neutral.apply(motion, self._timing.middle_seconds(number)),
            generation=self._parts.conversation.generation,
            stamp_ns=stamp_ns,
            ready_ns=now,
            due_ns=now,
            audio_missing=0,
            self_audio=self_audio,
            reproducible=False,
        )
        self._sinks.show(frame)
