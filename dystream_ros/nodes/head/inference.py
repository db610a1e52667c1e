"""The thread that does a head's work: it loads the model, makes the frames in time and has them shown.

One thread for all of it, since an OpenGL context and a compiled model belong to the thread that made them; ROS
callbacks only hand audio over.
"""

import threading
import time
from collections.abc import Callable
from enum import Enum, auto
from typing import Any

from dystream_ros.audio.block import AudioBlock
from dystream_ros.engine.config import ConversationConfig
from dystream_ros.engine.conversation import Conversation, Frame
from dystream_ros.nodes.common.reports import Reports
from dystream_ros.nodes.head.engine import Engine
from dystream_ros.nodes.head.frame_output import FrameOutput
from dystream_ros.nodes.head.image_output import ImageOutput
from dystream_ros.nodes.head.motion_output import SAMPLE_RATE, MotionOutput
from dystream_ros.nodes.head.rest import Rest
from dystream_ros.nodes.head.stage_times import StageTimes
from dystream_ros.nodes.head.status import Work
from dystream_ros.nodes.head.steadfast_session import SteadfastSession
from dystream_ros.rendering.interfaces import Renderer

_LONGEST_WAIT = 0.5  # s; in driven time only audio or a command ends a wait


class _State(Enum):
    LOADING = auto()
    IDLE = auto()
    RUNNING = auto()
    RESTING = auto()
    CLOSED = auto()


class Inference:
    """Frames of one head, from `load` to `close`.

    Attributes:
        engine: after `load`.
        conversation: after `load`.
        renderer: after `load`; None where there is none.

    Args:
        open_engine, open_renderer: called in the thread.
        ramp_seconds: gives the length of the way to rest, now.
        stamp_offset_ns: gives ROS time minus steady time, now.
        generation: of the frames before `load`.
    """

    def __init__(
        self,
        config: ConversationConfig,
        open_engine: Callable[[], Engine],
        open_renderer: Callable[[], Renderer] | None,
        ramp_seconds: Callable[[], float],
        stamp_offset_ns: Callable[[], int],
        stages: StageTimes,
        reports: Reports,
        generation: int,
    ) -> None:
        self.engine: Engine | None = None
        self.conversation: Conversation | None = None
        self._output: FrameOutput | None = None
        self._config = config
        self._open_engine = open_engine
        self._open_renderer = open_renderer
        self._ramp_seconds = ramp_seconds
        self._stamp_offset_ns = stamp_offset_ns
        self._stages = stages
        self._reports = reports
        self._generation = generation
        self.renderer: Renderer | None = None
        self._scene: tuple[Any, Callable[[Exception | None], None]] | None = None
        self._failure: Exception | None = None
        self._stumble: Rest | None = None
        self._state = _State.LOADING
        self._changed = threading.Condition()
        self._woken = False
        self._thread = threading.Thread(target=self._run, name="inference", daemon=True)

    def load(self) -> None:
        """Start the thread and wait until model and renderer are there.

        Raises:
            Exception: what loading the model raised. A renderer that is missing is reported; the face goes on without.
        """
        self._thread.start()
        self._await(lambda: self._state is not _State.LOADING)
        if self._failure is not None:
            self._thread.join()
            raise self._failure

    def connect(self, motion: MotionOutput, images: ImageOutput) -> None:
        """Say where the frames go; once, after `load`."""
        self._output = FrameOutput(motion, images, self.renderer, self._stages, self._reports)

    def activate(self, seed: int) -> None:
        """Begin anew, and publish frames until `deactivate`."""
        self._output.last = self._stumble = None
        self.conversation.reset(seed)
        self._set(_State.RUNNING)

    def deactivate(self) -> None:
        """Bring the face to rest and publish no more; returns when that is done."""
        with self._changed:
            if self._state is not _State.RUNNING:
                return
        self._set(_State.RESTING)
        self._await(lambda: self._state is not _State.RESTING)

    def close(self) -> None:
        """End the thread."""
        self.deactivate()
        self._set(_State.CLOSED)
        self._thread.join()

    def hear(self, party: str, block: AudioBlock) -> None:
        """Take a block of "self" or "other" that arrived just now.

        Raises:
            AudioRejected: it cannot be used; counted already.
        """
        if self.conversation.push(party, block, time.monotonic_ns()):
            self._wake()

    def reset(self, seed: int) -> None:
        """Begin anew at the next frame."""
        self.conversation.reset(seed)
        self._wake()

    def interrupt(self) -> None:
        """Drop the speech that waits, close the lips and listen on."""
        self.conversation.interrupt()
        self._wake()

    def show(self, scene: Any, shown: Callable[[Exception | None], None]) -> None:
        """Have the renderer show what it prepared, between two frames; `shown` is then told the error, or None."""
        self._scene = (scene, shown)
        self._wake()

    def work(self) -> Work:
        """What was done since `connect`."""
        dropped = self.conversation.statistics().frames_dropped
        return Work(self._output.frames, dropped, self._output.images_dropped)

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
            self._load()
        except Exception as error:
            # Handed to `load`, which waits for it.
            self._failure = error
            self._set(_State.CLOSED)
            return
        self._set(_State.IDLE)
        while self._state is not _State.CLOSED:
            self._work_on()
        if self.renderer is not None:
            self.renderer.close()

    def _work_on(self) -> None:
        """Do what the state asks for, or wait until it asks for something; raises nothing, the thread has to go on."""
        # What comes from here on may not be seen by what is done below, so that it must not wait.
        self._woken = False
        try:
            self._change_scene()
            if self._state is _State.RUNNING:
                self._run_frame()
            elif self._state is _State.RESTING:
                self._run_to_rest()
                self._set(_State.IDLE)
            else:
                self._await(lambda: self._state is not _State.IDLE or self._scene is not None)
        except Exception as error:
            self._reports.error("engine_failures", f"a frame could not be shown: {type(error).__name__}: {error}")
            if self._state is _State.RESTING:
                self._set(_State.IDLE)
            self._sleep(self._period_ns / 1e9)

    def _change_scene(self) -> None:
        with self._changed:
            wanted, self._scene = self._scene, None
        if wanted is None:
            return
        scene, shown = wanted
        try:
            self.renderer.show(scene)
        except Exception as error:
            shown(error)
            return
        shown(None)

    def _load(self) -> None:
        self.engine = self._open_engine()
        session = SteadfastSession(
            self.engine.session,
            self._ramp_frames,
            lambda text: self._reports.error("engine_failures", text),
        )
        self.conversation = Conversation(session, self._config, self._stamp_offset_ns, self._generation)
        if self._open_renderer is not None:
            try:
                self.renderer = self._open_renderer()
            except Exception as error:
                text = f"no images, motion goes on without: {type(error).__name__}: {error}"
                self._reports.error("rendering_unavailable", text)

    def _run_frame(self) -> None:
        """Wait for the next frame to be due, and make it."""
        try:
            now = time.monotonic_ns()
            due = self.conversation.due_ns(now)
            if due is None or due > now:
                self._sleep(_LONGEST_WAIT if due is None else (due - now) / 1e9)
                return
            frame = self.conversation.step(now)
            if frame is None:
                return
        except Exception as error:
            self._reports.error("engine_failures", f"a frame could not be made: {type(error).__name__}: {error}")
            self._to_rest_by_one()
            return
        self._stages.add("waiting", now - frame.ready_ns)
        self._stages.add("engine", time.monotonic_ns() - now)
        self._output.show(frame, self._behind)
        self._stumble = None

    def _sleep(self, seconds: float) -> None:
        """Until the time is over, audio comes or a command is given."""
        with self._changed:
            if self._state is _State.RUNNING and not self._woken:
                self._changed.wait(seconds)

    def _behind(self) -> bool:
        """Whether the next frame of live motion is overdue by more than a frame; driven time has no hurry."""
        if self._config.time_mode != "paced":
            return False
        now = time.monotonic_ns()
        due = self.conversation.due_ns(now)
        return due is not None and now - due > self._period_ns

    @property
    def _period_ns(self) -> int:
        return self.engine.session.hop * 1_000_000_000 // SAMPLE_RATE

    def _ramp_frames(self) -> int:
        return round(self._ramp_seconds() * 1e9 / self._period_ns)

    def _run_to_rest(self) -> None:
        """Frames in real time from the last one to neutral."""
        if self._output.last is None:
            return
        rest = Rest(self.engine.session.layout, self._output.last.motion, self._ramp_frames())
        begun = time.monotonic_ns()
        count = 0
        while not rest.there and self._state is _State.RESTING:
            self._show_resting(rest)
            count += 1
            time.sleep(max(0.0, (begun + count * self._period_ns - time.monotonic_ns()) / 1e9))

    def _to_rest_by_one(self) -> None:
        """A frame towards neutral where the conversation itself gave none."""
        if self._stumble is None:
            last = self._output.last
            motion = last.motion if last is not None else None
            self._stumble = Rest(self.engine.session.layout, motion, self._ramp_frames())
        self._show_resting(self._stumble)
        self._sleep(self._period_ns / 1e9)

    def _show_resting(self, rest: Rest) -> None:
        now = time.monotonic_ns()
        last = self._output.last
        stamp_ns = now + self._stamp_offset_ns() if last is None else last.stamp_ns + self._period_ns
        frame = Frame(
            motion=rest.step(),
            generation=self.conversation.generation,
            stamp_ns=stamp_ns,
            ready_ns=now,
            due_ns=now,
            audio_missing=0,
            self_audio=(),
            reproducible=False,
        )
        self._output.show(frame, behind=lambda: False)
