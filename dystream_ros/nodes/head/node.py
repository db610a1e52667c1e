"""The lifecycle of the head: what exists in which state, and its services."""

import dataclasses
import threading
import time
from collections.abc import Callable
from functools import partial

from lifecycle_msgs.srv import ChangeState
from rcl_interfaces.msg import SetParametersResult
from rclpy.clock import Clock, ClockType
from rclpy.lifecycle import LifecycleState, TransitionCallbackReturn
from rclpy.parameter import Parameter
from std_srvs.srv import Trigger

from dystream_ros.engine.config import ConversationConfig
from dystream_ros.engine.interfaces import FrameSink
from dystream_ros.nodes.audio_input.party_input import PartyInput
from dystream_ros.nodes.common import qos
from dystream_ros.nodes.common.declaration import declare, read
from dystream_ros.nodes.common.executable import guarded
from dystream_ros.nodes.common.reports import Reports
from dystream_ros.nodes.head.appearance import APPEARANCE, Appearance, appearance_refused, with_appearance
from dystream_ros.nodes.head.engine import Engine, free_memory, open_engine, open_renderer
from dystream_ros.nodes.head.image_sink import ImageSink
from dystream_ros.nodes.head.inference import Inference
from dystream_ros.nodes.head.lifecycle import LifecycleBase, SideThreadExecutor, Transitions
from dystream_ros.nodes.head.motion_sink import AlignedAudioSink, MotionSink
from dystream_ros.nodes.head.stage_times import StageTimes
from dystream_ros.nodes.head.status import Snapshot, Work
from dystream_ros.nodes.head.status_output import StatusOutput
from dystream_ros.nodes.parameters import HeadSettings
from dystream_ros.rendering.interfaces import Renderer
from dystream_ros.rendering.oriented import OrientedRenderer

PARTIES = ("self", "other")
_WATCH_PERIOD = 0.2  # s between looks at the publishers of audio and at what the conversation noticed


@dataclasses.dataclass(frozen=True)
class _Head:
    """What exists from configure to cleanup."""

    settings: HeadSettings
    inference: Inference
    engine: Engine
    sinks: tuple[FrameSink, ...]
    motion: MotionSink
    appearance: Appearance | None


class HeadNode(LifecycleBase):
    """Audio in, motion and images out; docs/nodes.md has its topics, services and parameters.

    Unconfigured: status and services. Inactive: model and renderer are loaded. Active: it listens and moves.
    Transitions run in a thread of their own (`lifecycle`), everything else in the thread that spins.

    Args:
        open_engine, open_renderer: load the parts; called in the inference thread.
    """

    def __init__(
        self,
        open_engine: Callable[[HeadSettings], Engine] = open_engine,
        open_renderer: Callable[[HeadSettings], Renderer] = open_renderer,
    ) -> None:
        super().__init__("head")
        self.reports = Reports(self.get_logger())
        declare(self, HeadSettings, self.reports)
        self._open_engine = open_engine
        self._open_renderer = open_renderer
        self._seed = read(self, HeadSettings).seed
        self._state = "unconfigured"
        self._head: _Head | None = None
        self._sources: dict[str, PartyInput] = {}
        self._sources_lock = threading.Lock()
        self._stages = StageTimes()
        self._work_before = Work()
        self._generation = 0
        self._transitions = Transitions()
        self.add_on_set_parameters_callback(self._check_appearance)
        self.add_post_set_parameters_callback(self._change_appearance)
        self._status = StatusOutput(self, self._snapshot, self._stages, self.reports)
        self.create_timer(_WATCH_PERIOD, self._watch, clock=Clock(clock_type=ClockType.STEADY_TIME))
        self.create_service(Trigger, "~/reset", self._on_reset)
        self.create_service(Trigger, "~/interrupt", self._on_interrupt)
        for service in self.services:
            # rclpy raises where a state does not allow a transition: the caller gets a "no", the node goes on.
            service.callback = self._answered(service.callback)
            if service.srv_type is ChangeState:
                self._change_state = service
                self._transitions.serve(service, self._refuse_transition)

    def start(self) -> None:
        """Let transitions run beside the executor; configure and activate, if that is left to the node itself."""
        if isinstance(self.executor, SideThreadExecutor):
            self.executor.run_beside(self._change_state)
        if self.get_parameter("autostart").value:
            self._transitions.start(self._autostart)

    def finished(self) -> bool:
        """Whether the node was shut down."""
        return self._state == "finalized"

    def stop(self) -> None:
        """Bring the face to neutral and release everything, in any state; waits for a transition that is under way."""
        self._transitions.run(self._release)

    def _autostart(self) -> None:
        if self.trigger_configure() == TransitionCallbackReturn.SUCCESS:
            self.trigger_activate()

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        return self._transition(
            "configuring", "inactive", self._configure, lambda: super(HeadNode, self).on_configure(state)
        )

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        # Publishers first: the first frame follows at once.
        return self._transition(
            "activating", "active", lambda: super(HeadNode, self).on_activate(state), self._activate
        )

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        # Publishers last: the face is brought to neutral before.
        return self._transition(
            "deactivating", "inactive", self._deactivate, lambda: super(HeadNode, self).on_deactivate(state)
        )

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        return self._transition("cleaning up", "unconfigured", self._cleanup)

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        return self._transition("shutting down", "finalized", self._release)

    def on_error(self, state: LifecycleState) -> TransitionCallbackReturn:
        return self._transition("processing an error", "unconfigured", self._release)

    def _transition(self, during: str, to: str, *parts: Callable[[], object]) -> TransitionCallbackReturn:
        """Run the parts of a transition; rclpy would swallow what they raise."""
        before, self._state = self._state, during
        failure = ""
        try:
            for part in parts:
                part()
        except Exception as error:
            failure = f"could not become {to}: {type(error).__name__}: {error}"
        if failure:
            self._state = before
            self.reports.error("transition_failures", failure, about=failure)
            if self._head is None:
                free_memory()  # here, where the exception holds on to what was loaded no longer
            return TransitionCallbackReturn.FAILURE
        self._state = to
        self.get_logger().info(to)
        return TransitionCallbackReturn.SUCCESS

    def _refuse_transition(self) -> None:
        self.get_logger().warning(f"a change of state is refused while the head is {self._state}; try again afterwards")

    def _configure(self) -> None:
        settings = read(self, HeadSettings)
        self.get_logger().info(f"loading the model '{settings.model}'")
        inference = self._inference_of(settings)
        loaded = inference.load()
        sinks: list[FrameSink] = []
        try:
            motion = MotionSink(self, loaded.engine, settings.frame_id)
            sinks.append(motion)
            sinks.append(AlignedAudioSink(self, settings.frame_id))
            sinks.append(ImageSink(self, settings, loaded.renderer, self._stages))
            inference.connect(sinks)
            appearance = self._appearance_of(settings, inference, loaded.renderer)
        except Exception:
            # A configure that fails half-way leaves nothing running.
            inference.close()
            for sink in sinks:
                sink.close()
            raise
        self._head = _Head(settings, inference, loaded.engine, tuple(sinks), motion, appearance)

    def _inference_of(self, settings: HeadSettings) -> Inference:
        names = [field.name for field in dataclasses.fields(ConversationConfig)]
        return Inference(
            ConversationConfig(**{name: getattr(settings, name) for name in names}),
            open_engine=lambda: self._open_engine(settings),
            open_renderer=(lambda: self._renderer_of(settings)) if settings.images else None,
            ramp_seconds=lambda: self.get_parameter("neutral_ramp").value,
            stamp_offset_ns=lambda: self.get_clock().now().nanoseconds - time.monotonic_ns(),
            stages=self._stages,
            reports=self.reports,
            generation=self._generation,
        )

    def _renderer_of(self, settings: HeadSettings) -> Renderer:
        renderer = self._open_renderer(settings)
        if settings.renderer == "auto" and renderer.name == "fallback":
            self.reports.warning(
                "rendering_fallback",
                "OpenGL is not available and the photo is warped instead; for the head in three dimensions install "
                "libegl1, libgl1 and libgl1-mesa-dri",
            )
        return renderer

    def _appearance_of(
        self, settings: HeadSettings, inference: Inference, renderer: Renderer | None
    ) -> Appearance | None:
        """What changes the face of the running head; None where no renderer draws a portrait."""
        if renderer is None or isinstance(renderer, OrientedRenderer):
            return None
        return Appearance(settings, renderer, inference.show, self._appearance_shown, self._appearance_refused)

    def _check_appearance(self, given: list[Parameter]) -> SetParametersResult:
        """Refuse a face or a background that is missing, or is none, before the parameter changes."""
        for parameter in given:
            if refused := appearance_refused(parameter.name, parameter.value):
                text = f"parameter '{parameter.name}': {refused}"
                self.reports.error("parameters_refused", text, about=parameter.name)
                return SetParametersResult(successful=False, reason=text)
        return SetParametersResult(successful=True)

    def _change_appearance(self, given: list[Parameter]) -> None:
        head = self._head
        if head is None or not any(parameter.name in APPEARANCE for parameter in given):
            return
        if head.appearance is not None:
            head.appearance.change(read(self, HeadSettings))
        else:
            why = "the model draws its own portrait" if head.settings.images else "the head has no renderer"
            self.get_logger().warning(f"{why}; the change takes effect at the next configure")

    def _appearance_shown(self, settings: HeadSettings) -> None:
        self.get_logger().info(f"showing the portrait '{settings.portrait}'")

    def _appearance_refused(self, shown: HeadSettings, error: Exception) -> None:
        """The parameters return to what is shown."""
        self.reports.error("parameters_refused", f"the face stays as it is: {error}", about="appearance")
        kept = with_appearance(read(self, HeadSettings), shown)
        values = [Parameter(name, value=getattr(kept, name)) for name in APPEARANCE]
        if self.executor is not None:
            self.executor.create_task(lambda: self.set_parameters(values))

    def _configured(self) -> _Head:
        if self._head is None:
            raise RuntimeError("the head is not configured")
        return self._head

    def _activate(self) -> None:
        head = self._configured()
        self._take_seed(head)
        head.inference.activate(self._seed)
        settings = head.settings
        live = {"self": settings.self_mode == "live", "other": True} if settings.time_mode == "paced" else {}
        sources = {
            party: PartyInput(
                self,
                f"{party}/audio",
                settings.audio_type,
                qos.live_audio() if live.get(party) else qos.whole_audio(),
                partial(head.inference.hear, party),
                self.reports,
            )
            for party in PARTIES
        }
        with self._sources_lock:
            self._sources = sources

    def _deactivate(self) -> None:
        self._configured().inference.deactivate()
        with self._sources_lock:
            sources, self._sources = self._sources, {}
            for source in sources.values():
                source.close()

    def _cleanup(self) -> None:
        head = self._configured()
        self._work_before, self._head = self._work(), None
        self._generation = head.inference.close()
        for sink in head.sinks:
            sink.close()
        del head
        free_memory()

    def _release(self) -> None:
        if self._sources:
            self._deactivate()
        if self._head is not None:
            self._cleanup()

    def _on_reset(self, _: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        def reset(head: _Head) -> None:
            self._take_seed(head)
            head.inference.reset(self._seed)

        return self._when_active(response, reset)

    def _on_interrupt(self, _: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        return self._when_active(response, lambda head: head.inference.interrupt())

    def _when_active(self, response: Trigger.Response, act: Callable[[_Head], None]) -> Trigger.Response:
        head = self._head
        if self._state != "active" or head is None:
            response.message = f"the head is {self._state}; activate it first"
            return response
        act(head)
        response.success = True
        response.message = f"generation {head.inference.conversation.generation}"
        return response

    def _answered(self, callback: Callable) -> Callable:
        guard = guarded(self, callback)
        return lambda request, response: guard(request, response) or response

    def _take_seed(self, head: _Head) -> None:
        """The seed that is set now takes effect, and the layout message names it."""
        self._seed = self.get_parameter("seed").value
        head.motion.publish_layout(self._seed)

    def _watch(self) -> None:
        """Look at the publishers of audio, and log what the conversation noticed."""
        with self._sources_lock:
            for source in self._sources.values():
                source.watch_publishers()
        head = self._head
        for name, sentence in head.inference.conversation.notices() if head is not None else ():
            self.reports.warning(name, sentence, amount=0)

    def _work(self) -> Work:
        head = self._head
        return self._work_before if head is None else self._work_before + head.inference.work()

    def _snapshot(self) -> Snapshot:
        head = self._head
        settings = read(self, HeadSettings) if head is None else head.settings
        return Snapshot(
            state=self._state,
            time_mode=settings.time_mode,
            model="" if head is None else head.engine.model,
            failure="" if head is None else head.inference.failure,
            seed=self._seed,
            frame_id=settings.frame_id,
            work=self._work(),
            statistics=None if head is None else head.inference.conversation.statistics(),
            sources=self._sources,
        )
