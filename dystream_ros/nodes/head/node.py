"""The lifecycle of the head: what exists in which state, and its services."""

import dataclasses
import time
from collections.abc import Callable

from rcl_interfaces.msg import SetParametersResult
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn
from rclpy.parameter import Parameter
from std_srvs.srv import Trigger

from dystream_ros.engine.config import ConversationConfig
from dystream_ros.nodes.audio_input.party_input import PartyInput
from dystream_ros.nodes.common import qos
from dystream_ros.nodes.common.declaration import declare, read
from dystream_ros.nodes.common.executable import RunnableNode, guarded
from dystream_ros.nodes.common.reports import Reports
from dystream_ros.nodes.head.engine import Engine, open_engine
from dystream_ros.nodes.head.face_loader import FaceLoader
from dystream_ros.nodes.head.image_output import ImageOutput, open_renderer
from dystream_ros.nodes.head.inference import Inference
from dystream_ros.nodes.head.motion_output import MotionOutput
from dystream_ros.nodes.head.stage_times import StageTimes
from dystream_ros.nodes.head.status import Work
from dystream_ros.nodes.head.status_output import Snapshot, StatusOutput
from dystream_ros.nodes.parameters import HeadSettings
from dystream_ros.rendering.interfaces import Renderer
from dystream_ros.rendering.oriented import OrientedRenderer
from dystream_ros.rendering.portrait import check_portrait

PARTIES = ("self", "other")
# What the images look like; new values count between two frames.
APPEARANCE = ("portrait", "framing", "background", "mirror", "rotation", "image_width", "image_height")


class HeadNode(RunnableNode, LifecycleNode):
    """Audio in, motion and images out; docs/nodes.md has its topics, services and parameters.

    Unconfigured: status and services. Inactive: model and renderer are loaded. Active: it listens and moves.

    Args:
        open_engine, open_renderer: load the parts; called in the inference thread.
    """

    def __init__(
        self,
        open_engine: Callable[[HeadSettings], Engine] = open_engine,
        open_renderer: Callable[[HeadSettings], Renderer] = open_renderer,
    ) -> None:
        super().__init__("head", automatically_declare_parameters_from_overrides=True)
        self.reports = Reports(self.get_logger())
        declare(self, HeadSettings, self.reports)
        self._open_engine = open_engine
        self._open_renderer = open_renderer
        self._settings = read(self, HeadSettings)
        self._seed = self._settings.seed
        self.add_on_set_parameters_callback(self._check_appearance)
        self.add_post_set_parameters_callback(self._change_appearance)
        self._state = "unconfigured"
        self._inference: Inference | None = None
        self._faces: FaceLoader | None = None
        self._motion: MotionOutput | None = None
        self._images: ImageOutput | None = None
        self._sources: dict[str, PartyInput] = {}
        self._stages = StageTimes()
        self._work_before = Work()
        self._generation = 0
        self._status = StatusOutput(self, self._snapshot, self._stages, self.reports)
        self.create_service(Trigger, "~/reset", self._on_reset)
        self.create_service(Trigger, "~/interrupt", self._on_interrupt)
        for service in self.services:
            # rclpy raises where a state does not allow a transition: the caller gets a "no", the node goes on.
            service.callback = self._answered(service.callback)

    def start(self) -> None:
        """Configure and activate, if that is left to the node itself."""
        if self._settings.autostart and self.trigger_configure() == TransitionCallbackReturn.SUCCESS:
            self.trigger_activate()

    def finished(self) -> bool:
        """Whether the node was shut down."""
        return self._state == "finalized"

    def stop(self) -> None:
        """Bring the face to rest and let go of everything; in any state."""
        if self._sources:
            self._deactivate()
        if self._inference is not None:
            self._cleanup()

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        return self._transition("inactive", self._configure, lambda: super(HeadNode, self).on_configure(state))

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        # Publishers first: the first frame comes at once.
        return self._transition("active", lambda: super(HeadNode, self).on_activate(state), self._activate)

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        # Publishers last: the face is brought to rest before.
        return self._transition("inactive", self._deactivate, lambda: super(HeadNode, self).on_deactivate(state))

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        return self._transition("unconfigured", self._cleanup)

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        return self._transition("finalized", self.stop)

    def on_error(self, state: LifecycleState) -> TransitionCallbackReturn:
        return self._transition("unconfigured", self.stop)

    def _transition(self, to: str, *parts: Callable[[], object]) -> TransitionCallbackReturn:
        """Run the parts of a transition; rclpy would swallow what they raise."""
        try:
            for part in parts:
                part()
        except Exception as error:
            text = f"could not become {to}: {type(error).__name__}: {error}"
            self.reports.error("transition_failures", text, about=text)
            return TransitionCallbackReturn.FAILURE
        self._state = to
        self.get_logger().info(to)
        return TransitionCallbackReturn.SUCCESS

    def _configure(self) -> None:
        settings = read(self, HeadSettings)
        names = [field.name for field in dataclasses.fields(ConversationConfig)]
        inference = Inference(
            ConversationConfig(**{name: getattr(settings, name) for name in names}),
            open_engine=lambda: self._open_engine(settings),
            open_renderer=(lambda: self._renderer(settings)) if settings.images else None,
            ramp_seconds=lambda: self.get_parameter("neutral_ramp").value,
            stamp_offset_ns=lambda: self.get_clock().now().nanoseconds - time.monotonic_ns(),
            stages=self._stages,
            reports=self.reports,
            generation=self._generation,
        )
        self.get_logger().info(f"loading the model '{settings.model}'")
        inference.load()
        self._settings, self._inference = settings, inference
        self._motion = MotionOutput(self, inference.engine, settings.frame_id)
        self._images = ImageOutput(self, settings)
        inference.connect(self._motion, self._images)
        if inference.renderer is not None and not isinstance(inference.renderer, OrientedRenderer):
            self._faces = FaceLoader(inference.renderer.prepare, self._show, self._keep_appearance)

    def _renderer(self, settings: HeadSettings) -> Renderer:
        renderer = self._open_renderer(settings)
        if settings.renderer == "auto" and renderer.name == "fallback":
            self.reports.warning(
                "rendering_fallback",
                "OpenGL cannot be had, the photo is warped instead; for the head in three dimensions install libegl1, "
                "libgl1 and libgl1-mesa-dri",
            )
        return renderer

    def _check_appearance(self, given: list[Parameter]) -> SetParametersResult:
        """Refuse a face or a background that is not there, or is none, before the parameter changes."""
        checks = {"portrait": check_portrait, "background": _check_background}
        for parameter in given:
            if parameter.name not in checks or not isinstance(parameter.value, str):
                continue
            try:
                checks[parameter.name](parameter.value)
            except ValueError as refused:
                text = f"parameter '{parameter.name}': {refused}"
                self.reports.error("parameters_refused", text, about=parameter.name)
                return SetParametersResult(successful=False, reason=text)
        return SetParametersResult(successful=True)

    def _change_appearance(self, given: list[Parameter]) -> None:
        if self._inference is None or not any(parameter.name in APPEARANCE for parameter in given):
            return
        if self._faces is not None:
            self._faces.load(read(self, HeadSettings))
        else:
            why = "there is no renderer" if self._inference.renderer is None else "the model draws its own portrait"
            self.get_logger().warning(f"{why}; the change counts at the next configure")

    def _show(self, scene: object, settings: HeadSettings) -> None:
        """In the thread that loads: what was asked for is there."""

        def shown(error: Exception | None) -> None:
            if error is not None:
                self._keep_appearance(error)
                return
            self._settings = dataclasses.replace(
                self._settings, **{name: getattr(settings, name) for name in APPEARANCE}
            )
            self.get_logger().info(f"showing the portrait '{settings.portrait}'")

        if self._inference is not None:
            self._inference.show(scene, shown)

    def _keep_appearance(self, error: Exception) -> None:
        """What was asked for cannot be shown: the parameters say again what is."""
        self.reports.error("parameters_refused", f"the face stays as it is: {error}", about="appearance")
        kept = [Parameter(name, value=getattr(self._settings, name)) for name in APPEARANCE]
        self.executor.create_task(lambda: self.set_parameters(kept))

    def _activate(self) -> None:
        self._take_seed()
        self._inference.activate(self._seed)
        settings = self._settings
        live = {"self": settings.self_mode == "live", "other": True} if settings.time_mode == "paced" else {}
        for party in PARTIES:
            self._sources[party] = PartyInput(
                self,
                f"{party}/audio",
                self._settings.audio_type,
                qos.live_audio() if live.get(party) else qos.whole_audio(),
                lambda block, party=party: self._inference.hear(party, block),
                self.reports,
            )

    def _deactivate(self) -> None:
        self._inference.deactivate()
        for source in self._sources.values():
            source.close()
        self._sources.clear()

    def _cleanup(self) -> None:
        self._work_before = self._work()
        inference, self._inference, self._faces = self._inference, None, None
        inference.close()
        self._generation = inference.conversation.generation
        self._motion.close()
        self._images.close()

    def _on_reset(self, _: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        def reset() -> None:
            self._take_seed()
            self._inference.reset(self._seed)

        return self._when_active(response, reset)

    def _on_interrupt(self, _: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        return self._when_active(response, lambda: self._inference.interrupt())

    def _when_active(self, response: Trigger.Response, act: Callable[[], None]) -> Trigger.Response:
        if self._state != "active":
            response.message = f"the head is {self._state}; activate it first"
            return response
        act()
        response.success = True
        response.message = f"generation {self._inference.conversation.generation}"
        return response

    def _answered(self, callback: Callable) -> Callable:
        guard = guarded(self, callback)
        return lambda request, response: guard(request, response) or response

    def _take_seed(self) -> None:
        """The seed that is set now counts from here, and the layout tells it."""
        self._seed = self.get_parameter("seed").value
        self._motion.publish_layout(self._seed)

    def _work(self) -> Work:
        return self._work_before if self._inference is None else self._work_before + self._inference.work()

    def _snapshot(self) -> Snapshot:
        inference = self._inference
        for name, sentence in inference.conversation.notices() if inference is not None else ():
            self.reports.warning(name, sentence, amount=0)
        return Snapshot(
            state=self._state,
            time_mode=self._settings.time_mode,
            model=inference.engine.model if inference is not None else "",
            seed=self._seed,
            frame_id=self._settings.frame_id,
            work=self._work(),
            statistics=inference.conversation.statistics() if inference is not None else None,
            sources=self._sources,
        )


def _check_background(chosen: str) -> None:
    from dystream_ros.rendering.backdrop import check_background  # and OpenCV, which a head without images does without

    check_background(chosen)
