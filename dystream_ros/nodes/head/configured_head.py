"""The parts of a head between configure and cleanup: the threads of motion and of pictures, sinks, appearance."""

import dataclasses
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial

from rclpy.parameter import Parameter

from dystream_ros.audio.own_voice import OwnVoice
from dystream_ros.engine.config import ConversationConfig
from dystream_ros.engine.interfaces import FrameSink
from dystream_ros.nodes.common.declaration import read
from dystream_ros.nodes.common.reports import Reports
from dystream_ros.nodes.head.aligned_sink import AlignedAudioSink
from dystream_ros.nodes.head.appearance import APPEARANCE, Appearance
from dystream_ros.nodes.head.engine import Engine, keep_memory
from dystream_ros.nodes.head.image_sink import ImageSink
from dystream_ros.nodes.head.inference import Inference
from dystream_ros.nodes.head.lifecycle import LifecycleBase
from dystream_ros.nodes.head.memory import loading
from dystream_ros.nodes.head.motion_sink import MotionSink
from dystream_ros.nodes.head.own_voice_sink import OwnVoiceSink
from dystream_ros.nodes.head.scheduling import Niceness, Scheduling
from dystream_ros.nodes.head.shape_sinks import ShapeSinks
from dystream_ros.nodes.head.sink_thread import SinkThread
from dystream_ros.nodes.head.sinks import FrameSinks
from dystream_ros.nodes.head.stage_times import StageTimes
from dystream_ros.nodes.head.stamp_offset import StampOffset
from dystream_ros.nodes.head.status import Work
from dystream_ros.nodes.head.utterance_sink import UtteranceSink
from dystream_ros.nodes.parameters import HeadSettings
from dystream_ros.rendering.interfaces import Renderer
from dystream_ros.rendering.oriented import OrientedRenderer


@dataclass(frozen=True)
class ConfiguredHead:
    """The parts of a configured head; `configure` builds them.

    Attributes:
        settings: parameters at configure.
        inference: its thread, loaded and idle.
        pictures: the thread of the renderer and of the images.
        engine: the session and the identity of its model.
        frames: passes frames to the sinks, `motion` among them.
        motion: publishes motion and layout.
        own_voice: notices the robot's own voice in the partner's audio; in driven time there is no loudspeaker.
        appearance: changes the portrait and the view; None when no renderer draws a portrait.
        renderer: its name; "" without images.
    """

    settings: HeadSettings
    inference: Inference
    pictures: SinkThread
    engine: Engine
    frames: FrameSinks
    motion: MotionSink
    own_voice: OwnVoice
    appearance: Appearance | None
    renderer: str
    release: ExitStack

    def description(self) -> str:
        """One line for the log of an active head: what it runs, and how."""
        settings = self.settings
        pictures = "no pictures"
        if self.renderer:
            size = f"{settings.image_width} x {settings.image_height}"
            pictures = f"pictures of {settings.portrait}, {size} pixels, by {self.renderer}"
        own = f"self audio {settings.self_mode}, " if settings.time_mode == "paced" else ""
        return (
            f"model {self.engine.model} ({self.engine.weights_sha256[:8]}, {settings.backend}, {settings.provider}), "
            f"{pictures}, time {settings.time_mode}, {own}priority {settings.priority}"
        )

    def work(self) -> Work:
        """Frames and images since configure."""
        dropped = self.inference.conversation.statistics().frames_dropped
        return Work(self.frames.frames, dropped, self.pictures.skipped)

    def close(self) -> int:
        """Bring the face to neutral, end the threads and destroy the publishers; returns the last generation."""
        generation = self.inference.close()
        self.release.close()
        return generation


def configure(
    node: LifecycleBase,
    settings: HeadSettings,
    open_engine: Callable[[HeadSettings], Engine],
    open_renderer: Callable[[HeadSettings], Renderer],
    stages: StageTimes,
    reports: Reports,
    generation: int,
    niceness: Niceness,
) -> ConfiguredHead:
    """Load model and renderer, each in the thread that will use it, create the publishers, and make the first frames.

    Blocks until the head can make frames as fast as later ones.

    Args:
        node: gets the publishers; its parameter `neutral_ramp` and its clock are read later.
        open_engine: loads the model; called in the inference thread.
        open_renderer: called in the thread of the pictures, at the same time.
        generation: of the last frames before; those of this head have higher numbers.
        niceness: of the process at its start.

    Raises:
        Exception: loading the model failed, or a publisher; no thread and no publisher is left.
    """
    scheduling = Scheduling(settings.priority, niceness, partial(_priority_refused, node, settings, reports))
    with loading(), ExitStack() as parts:
        parts.callback(scheduling.restore)
        pictures = SinkThread("pictures", settings.time_mode == "driven", reports, begin=scheduling.begin_pictures)
        parts.callback(pictures.close)
        opening = pictures.run(partial(_open_renderer, settings, open_renderer, reports))
        parts.callback(lambda: pictures.run(partial(_close, opening)))
        inference = _inference(node, settings, open_engine, stages, reports, generation)
        engine = inference.load().engine
        parts.callback(inference.close)
        renderer = opening.result()
        motion = MotionSink(node, engine, settings.frame_id)
        parts.callback(motion.close)
        utterances = UtteranceSink(node, settings.frame_id)
        parts.callback(utterances.close)
        aligned = AlignedAudioSink(node, settings)
        parts.callback(aligned.close)
        shapes = ShapeSinks(node, engine.session.layout, settings.frame_id)
        parts.callback(shapes.close)
        images = ImageSink(node, settings, renderer, stages, reports)
        parts.callback(images.close)
        pictures.connect(images)
        own_voice = OwnVoice(None if settings.other_channel < 0 else settings.other_channel)
        heard = OwnVoiceSink(own_voice, settings.time_mode == "paced")
        quick: list[FrameSink] = [motion, utterances, aligned, shapes, heard]
        frames = FrameSinks(quick, [pictures], engine.timing.period_ns, stages, reports)
        drawn = pictures.run(partial(images.warm_up, engine.session.neutral))
        inference.connect(frames)
        if (error := drawn.exception()) is not None:
            reports.error(images.failure_counter, f"no first image: {type(error).__name__}: {error}")
        keep_memory()
        scheduling.raise_rest(pictures.native_id)
        appearance = _appearance_of(node, settings, pictures, renderer, reports)
        name = "" if renderer is None else renderer.name
        return ConfiguredHead(
            settings, inference, pictures, engine, frames, motion, own_voice, appearance, name, parts.pop_all()
        )


def _inference(
    node: LifecycleBase,
    settings: HeadSettings,
    open_engine: Callable[[HeadSettings], Engine],
    stages: StageTimes,
    reports: Reports,
    generation: int,
) -> Inference:
    names = [field.name for field in dataclasses.fields(ConversationConfig)]
    return Inference(
        ConversationConfig(**{name: getattr(settings, name) for name in names}),
        open_engine=lambda: open_engine(settings),
        ramp_seconds=lambda: node.get_parameter("neutral_ramp").value,
        stamp_offset_ns=StampOffset(lambda: node.get_clock().now().nanoseconds),
        stages=stages,
        reports=reports,
        generation=generation,
    )


def _open_renderer(
    settings: HeadSettings, open_renderer: Callable[[HeadSettings], Renderer], reports: Reports
) -> Renderer | None:
    """The renderer; None without `images`, and when it cannot be opened, which is reported."""
    if not settings.images:
        return None
    try:
        renderer = open_renderer(settings)
    except Exception as error:
        text = f"no images, but motion continues: {type(error).__name__}: {error}"
        reports.error("rendering_unavailable", text)
        return None
    if settings.renderer == "auto" and renderer.name == "fallback":
        reports.warning(
            "rendering_fallback",
            "OpenGL is not available, so the fallback renderer warps the photo; for the 3-D head install "
            "libegl1, libgl1 and libgl1-mesa-dri",
        )
    return renderer


def _priority_refused(node: LifecycleBase, settings: HeadSettings, reports: Reports, text: str) -> None:
    """A warning where the level was asked for; most users may not have that of the default."""
    if settings.priority == HeadSettings.priority:
        node.get_logger().info(text)
    else:
        reports.warning("priority_refused", text)


def _close(opening: "Future[Renderer | None]") -> None:
    if (renderer := opening.result()) is not None:
        renderer.close()


def _appearance_of(
    node: LifecycleBase, settings: HeadSettings, pictures: SinkThread, renderer: Renderer | None, reports: Reports
) -> Appearance | None:
    if renderer is None or isinstance(renderer, OrientedRenderer):
        return None
    logger = node.get_logger()
    return Appearance(
        settings,
        renderer,
        pictures,
        shown=lambda shown: logger.info(f"showing the portrait '{shown.portrait}'"),
        refused=partial(_restore_parameters, node, reports),
    )


def _restore_parameters(
    node: LifecycleBase, reports: Reports, refused: HeadSettings, kept: HeadSettings, error: BaseException
) -> None:
    """Report an appearance that could not be loaded, and set its parameters back; a value set meanwhile stays."""
    reports.error("parameters_refused", f"the face stays as it is: {error}", about="appearance")

    def restore() -> None:
        now = read(node, HeadSettings)
        changed = [name for name in APPEARANCE if getattr(refused, name) != getattr(kept, name)]
        node.set_parameters(
            [
                Parameter(name, value=getattr(kept, name))
                for name in changed
                if getattr(now, name) == getattr(refused, name)
            ]
        )

    if node.executor is not None:
        node.executor.create_task(restore)
