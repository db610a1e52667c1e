"""The head node: its lifecycle, services, parameters and audio subscriptions."""

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import partial

from lifecycle_msgs.srv import ChangeState
from rcl_interfaces.msg import SetParametersResult
from rclpy.clock import Clock, ClockType
from rclpy.lifecycle import LifecycleState, TransitionCallbackReturn
from rclpy.parameter import Parameter
from std_srvs.srv import Trigger

from dystream_ros.audio.block import AudioBlock
from dystream_ros.audio.own_voice import PLAYBACK_HEARD
from dystream_ros.face.stages.directed import DirectedFace
from dystream_ros.nodes.audio_input.followed_voice import AudioInput, FollowedVoice
from dystream_ros.nodes.audio_input.party_input import PartyInput
from dystream_ros.nodes.common import qos
from dystream_ros.nodes.common.declaration import declare, read
from dystream_ros.nodes.common.executable import guarded
from dystream_ros.nodes.common.reports import Reports
from dystream_ros.nodes.common.suspension import LEASE
from dystream_ros.nodes.head.appearance import APPEARANCE, appearance_refused
from dystream_ros.nodes.head.configured_head import ConfiguredHead, configure
from dystream_ros.nodes.head.engine import Engine, free_memory, open_engine, open_renderer
from dystream_ros.nodes.head.lifecycle import LifecycleBase, SideThreadExecutor, Transitions
from dystream_ros.nodes.head.requests import FaceRequests
from dystream_ros.nodes.head.scheduling import Niceness
from dystream_ros.nodes.head.stage_times import StageTimes
from dystream_ros.nodes.head.status import Snapshot, Work
from dystream_ros.nodes.head.status_output import StatusOutput
from dystream_ros.nodes.parameters import HeadSettings
from dystream_ros.nodes.parameters.audio_source import source_of
from dystream_ros.rendering.interfaces import Renderer

PARTIES = ("self", "other")
_OWN_VOICE_PERIOD = 1.0  # s between comparisons of the partner's audio with the own
_WATCH_PERIOD = 0.2  # s between snapshots, and checks of the audio publishers and of the conversation's notices


class HeadNode(LifecycleBase):
    """Audio in, motion and images out; docs/nodes.md lists topics, services and parameters.

    | State | What exists |
    |---|---|
    | unconfigured | status, diagnostics and services |
    | inactive | in addition the model, the renderer and the publishers |
    | active | in addition the audio subscriptions; frames are published |

    Transitions run in a thread of their own (`lifecycle`), all other callbacks in the thread that spins the node.

    Args:
        open_engine, open_renderer: load the parts; called at the same time, in the threads that use them.
        arguments: ROS arguments of this node alone, which come before those of the process.
        heads: number of heads in this process.
    """

    idle = 1.0  # transitions, signals and timers wake the executor

    def __init__(
        self,
        open_engine: Callable[[HeadSettings], Engine] = open_engine,
        open_renderer: Callable[[HeadSettings], Renderer] = open_renderer,
        arguments: Sequence[str] = (),
        heads: int = 1,
    ) -> None:
        super().__init__("head", arguments)
        self.reports = Reports(self.get_logger())
        declare(self, HeadSettings, self.reports)
        self._open_engine = open_engine
        self._open_renderer = open_renderer
        self._heads = heads
        self._seed = read(self, HeadSettings).seed
        self._state = "unconfigured"
        self._head: ConfiguredHead | None = None
        self._sources: dict[str, AudioInput] = {}
        self._sources_lock = threading.Lock()
        self._stages = StageTimes()
        self._work_before = Work()
        self._own_voice_next = 0.0
        self._generation = 0
        self._transition_failure = ""
        self._niceness = Niceness.now()
        self._transitions = Transitions()
        # A head that others configure and activate cannot start anew by itself.
        self.forgotten_after = LEASE if read(self, HeadSettings).autostart else 0.0
        self.add_on_set_parameters_callback(self._check_appearance)
        self.add_post_set_parameters_callback(self._change_appearance)
        self._status = StatusOutput(self, self._snapshot, self._stages, self.reports)
        self.create_timer(_WATCH_PERIOD, self._look, clock=Clock(clock_type=ClockType.STEADY_TIME))
        self._requests = FaceRequests(self, self._directed_face, lambda: read(self, HeadSettings), self.reports)
        self.add_on_set_parameters_callback(self._requests.check)
        self.add_post_set_parameters_callback(self._requests.behave)
        self.create_service(Trigger, "~/reset", self._on_reset)
        self.create_service(Trigger, "~/interrupt", self._on_interrupt)
        for service in self.services:
            # rclpy raises on a transition that the state does not allow: the caller gets `success` false instead.
            service.callback = self._answered(service.callback)
            if service.srv_type is ChangeState:
                self._change_state = service
                self._transitions.serve(service, self._refuse_transition)

    def start(self) -> None:
        """Let transitions run beside the executor; with `autostart`, configure and activate."""
        if isinstance(self.executor, SideThreadExecutor):
            self.executor.run_beside(self._change_state)
        if self.get_parameter("autostart").value:
            self._transitions.start(self._autostart)

    def finished(self) -> bool:
        """Whether the node was shut down."""
        return self._state == "finalized"

    def stop(self) -> None:
        """Bring the face to neutral and release everything, in any state; waits for a running transition."""
        self._transitions.run(self._release)

    def _autostart(self) -> None:
        if self.trigger_configure() == TransitionCallbackReturn.SUCCESS:
            self.trigger_activate()

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        return self._transition(
            "configuring", "inactive", self._configure, lambda: super(HeadNode, self).on_configure(state)
        )

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        def activate() -> None:
            # Publishers are activated first, since frames follow at once.
            super(HeadNode, self).on_activate(state)
            try:
                self._activate()
            except BaseException:
                super(HeadNode, self).on_deactivate(state)
                raise

        return self._transition("activating", "active", activate)

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        # Publishers are deactivated last, after the return to neutral.
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
        """Run the parts of a transition and report their exceptions, which rclpy would discard."""
        before, self._state = self._state, during
        failure = ""
        try:
            for part in parts:
                part()
        except Exception as error:
            failure = f"could not become {to}: {type(error).__name__}: {error}"
        self._transition_failure = failure
        if failure:
            self._state = before
            self.reports.error("transition_failures", failure, about=failure)
            if self._head is None:
                free_memory()  # after the except clause, whose exception refers to what was loaded
            return TransitionCallbackReturn.FAILURE
        self._state = to
        head = self._head if to == "active" else None
        self.get_logger().info(to if head is None else f"{to}: {head.description()}, seed {self._seed}")
        return TransitionCallbackReturn.SUCCESS

    def _refuse_transition(self) -> None:
        self.get_logger().warning(f"a change of state is refused while the head is {self._state}; try again afterwards")

    def _configure(self) -> None:
        settings = read(self, HeadSettings)
        if self._heads == 1:  # the frames of processes are better apart
            settings = replace(settings, step_together=0.0)
        self.get_logger().info(f"loading the model '{settings.model}'")
        self._head = configure(
            self,
            settings,
            self._open_engine,
            self._open_renderer,
            self._stages,
            self.reports,
            self._generation,
            self._niceness,
        )
        # Parameters that were set meanwhile had no head yet.
        now, appearance = read(self, HeadSettings), self._head.appearance
        if appearance is not None and any(getattr(now, name) != getattr(settings, name) for name in APPEARANCE):
            appearance.change(now)

    def _check_appearance(self, given: list[Parameter]) -> SetParametersResult:
        """Refuse a portrait or background that is missing or invalid, before the parameter changes."""
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

    def _configured(self) -> ConfiguredHead:
        if self._head is None:
            raise RuntimeError("the head is not configured")
        return self._head

    def _directed_face(self) -> DirectedFace | None:
        return None if self._head is None else self._head.inference.directed

    def _activate(self) -> None:
        head = self._configured()
        self._apply_seed(head)
        head.inference.prepare(self._seed)
        with ExitStack() as opened:
            sources = self._open_sources(head, opened)
            with self._sources_lock:
                opened.callback(self._requests.close)
                self._requests.open(read(self, HeadSettings))
                self._sources = sources
            opened.pop_all()
        # Frames come last: what is opened above can fail, where a message package is missing.
        self.messages.rest = head.inference.spare_seconds
        head.inference.activate()

    def _open_sources(self, head: ConfiguredHead, opened: ExitStack) -> dict[str, AudioInput]:
        """The inputs of both parties; `opened` closes them."""
        settings = head.settings
        live = {"self": settings.self_mode == "live", "other": True} if settings.time_mode == "paced" else {}

        def audio(party: str, topic: str, receive: Callable[[AudioBlock], None]) -> PartyInput:
            return PartyInput(
                self,
                topic,
                settings.audio_type,
                qos.live_audio() if live.get(party) else qos.whole_audio(),
                receive,
                self.reports,
                source_of(settings, f"{party}_audio"),
                by_arrival=settings.time_mode == "paced",
            )

        sources: dict[str, AudioInput] = {}
        for party in PARTIES:
            receive = partial(self._receive, head, party)
            if party == "other" and settings.other_voices:
                sources[party] = FollowedVoice(self, settings.other_voices, partial(audio, party), receive)
            else:
                sources[party] = audio(party, f"{party}/audio", receive)
            opened.callback(sources[party].close)
        return sources

    def _receive(self, head: ConfiguredHead, party: str, block: AudioBlock) -> None:
        """Accept a block that has just arrived; raises `AudioRejected`."""
        arrival_ns = self.messages.received_ns
        head.inference.push(party, block, arrival_ns)
        if party == "other" and head.settings.time_mode == "paced":
            head.own_voice.hear(block, arrival_ns / 1e9)

    def _deactivate(self) -> None:
        with self._sources_lock:
            self._requests.close()
        self.messages.rest = lambda: 0.0
        self._configured().inference.deactivate()
        with self._sources_lock, ExitStack() as closing:
            sources, self._sources = self._sources, {}
            for source in sources.values():
                closing.callback(source.close)  # each, also where another fails

    def _cleanup(self) -> None:
        head = self._configured()
        self._work_before, self._head = self._work(), None
        self._generation = head.close()
        del head  # the memory of its model is returned next
        free_memory()

    def _release(self) -> None:
        if self._sources:
            self._deactivate()
        if self._head is not None:
            self._cleanup()

    def _on_reset(self, _: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        def reset(head: ConfiguredHead) -> None:
            self._apply_seed(head)
            head.inference.reset(self._seed)

        return self._when_active(response, reset)

    def _on_interrupt(self, _: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        return self._when_active(response, lambda head: head.inference.interrupt())

    def _when_active(self, response: Trigger.Response, action: Callable[[ConfiguredHead], None]) -> Trigger.Response:
        head = self._head
        if self._state != "active" or head is None:
            response.message = f"the head is {self._state}; activate it first"
            return response
        action(head)
        response.success = True
        response.message = f"generation {head.inference.conversation.generation}"
        return response

    def _answered(self, callback: Callable) -> Callable:
        guard = guarded(self, callback)
        return lambda request, response: guard(request, response) or response

    def _apply_seed(self, head: ConfiguredHead) -> None:
        """Use the parameter `seed` from now on, and publish it with the layout."""
        self._seed = self.get_parameter("seed").value
        head.motion.publish_layout(self._seed)

    def _look(self) -> None:
        """Publish the status and watch: in one timer, since each wakes the executor, which costs more than its work."""
        self._status.update()
        self._watch()

    def _watch(self) -> None:
        """Check the publishers of audio and requests, and log the notices of the conversation."""
        with self._sources_lock:
            for source in self._sources.values():
                source.watch_publishers()
            self._requests.watch_publishers()
        head = self._head
        for name, sentence in head.inference.conversation.notices() if head is not None else ():
            self.reports.warning(name, sentence, amount=0)
        if head is not None and (now := time.monotonic()) >= self._own_voice_next:
            self._own_voice_next = now + _OWN_VOICE_PERIOD
            if heard := head.own_voice.check(now):
                self.reports.warning(PLAYBACK_HEARD, f"other audio: {heard}")

    def _work(self) -> Work:
        head = self._head
        return self._work_before if head is None else self._work_before + head.work()

    def _snapshot(self) -> Snapshot:
        head = self._head
        settings = read(self, HeadSettings) if head is None else head.settings
        return Snapshot(
            state=self._state,
            time_mode=settings.time_mode,
            model="" if head is None else head.engine.model,
            failure="" if head is None else head.inference.failure,
            transition_failure=self._transition_failure,
            seed=self._seed,
            frame_id=settings.frame_id,
            work=self._work(),
            statistics=None if head is None else head.inference.conversation.statistics(),
            sources=self._sources,
        )
