"""The parts of a head between configure and cleanup: inference thread with model and renderer, sinks, appearance."""

import dataclasses
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from rclpy.parameter import Parameter

from dystream_ros.engine.config import ConversationConfig
from dystream_ros.engine.interfaces import FrameSink
from dystream_ros.nodes.common.declaration import read
from dystream_ros.nodes.common.reports import Reports
from dystream_ros.nodes.head.aligned_sink import AlignedAudioSink
from dystream_ros.nodes.head.appearance import APPEARANCE, Appearance, with_appearance
from dystream_ros.nodes.head.engine import Engine
from dystream_ros.nodes.head.image_sink import ImageSink
from dystream_ros.nodes.head.inference import Inference
from dystream_ros.nodes.head.lifecycle import LifecycleBase
from dystream_ros.nodes.head.motion_sink import MotionSink
from dystream_ros.nodes.head.stage_times import StageTimes
from dystream_ros.nodes.parameters import HeadSettings
from dystream_ros.rendering.interfaces import Renderer
from dystream_ros.rendering.oriented import OrientedRenderer


@dataclass(frozen=True)
class ConfiguredHead:
    """The parts of a configured head; `configure` builds them.

    Attributes:
        settings: parameters at configure.
        inference: its thread, loaded and idle.
        engine: the session and the identity of its model.
        sinks: outputs of the frames, `motion` among them.
        motion: publishes motion and layout.
        appearance: changes the portrait and the view; None when no renderer draws a portrait.
    """

    settings: HeadSettings
    inference: Inference
    engine: Engine
    sinks: tuple[FrameSink, ...]
    motion: MotionSink
    appearance: Appearance | None

    def close(self) -> int:
        """End the inference thread and destroy the publishers; returns the last generation."""
        generation = self.inference.close()
        for sink in self.sinks:
            sink.close()
        return generation


def configure(
    node: LifecycleBase,
    settings: HeadSettings,
    open_engine: Callable[[HeadSettings], Engine],
    open_renderer: Callable[[HeadSettings], Renderer],
    stages: StageTimes,
    reports: Reports,
    generation: int,
) -> ConfiguredHead:
    """Load model and renderer in a new inference thread and create the publishers; blocks until everything is loaded.

    Args:
        node: gets the publishers; its parameter `neutral_ramp` and its clock are read later.
        open_engine, open_renderer: load the parts; called in the inference thread.
        generation: of the last frames before; those of this head have higher numbers.

    Raises:
        Exception: loading failed; no thread and no publisher is left.
    """
    names = [field.name for field in dataclasses.fields(ConversationConfig)]
    inference = Inference(
        ConversationConfig(**{name: getattr(settings, name) for name in names}),
        open_engine=lambda: open_engine(settings),
        open_renderer=(lambda: _open_renderer(settings, open_renderer, reports)) if settings.images else None,
        ramp_seconds=lambda: node.get_parameter("neutral_ramp").value,
        stamp_offset_ns=lambda: node.get_clock().now().nanoseconds - time.monotonic_ns(),
        stages=stages,
        reports=reports,
        generation=generation,
    )
    loaded = inference.load()
    sinks: list[FrameSink] = []
    try:
        motion = MotionSink(node, loaded.engine, settings.frame_id)
        sinks.append(motion)
        sinks.append(AlignedAudioSink(node, settings))
        sinks.append(ImageSink(node, settings, loaded.renderer, stages))
        inference.connect(sinks)
        appearance = _appearance_of(node, settings, inference, loaded.renderer, reports)
    except Exception:
        inference.close()
        for sink in sinks:
            sink.close()
        raise
    return ConfiguredHead(settings, inference, loaded.engine, tuple(sinks), motion, appearance)


def _open_renderer(
    settings: HeadSettings, open_renderer: Callable[[HeadSettings], Renderer], reports: Reports
) -> Renderer:
    renderer = open_renderer(settings)
    if settings.renderer == "auto" and renderer.name == "fallback":
        reports.warning(
            "rendering_fallback",
            "OpenGL is not available, so the fallback renderer warps the photo; for the 3-D head install "
            "libegl1, libgl1 and libgl1-mesa-dri",
        )
    return renderer


def _appearance_of(
    node: LifecycleBase, settings: HeadSettings, inference: Inference, renderer: Renderer | None, reports: Reports
) -> Appearance | None:
    if renderer is None or isinstance(renderer, OrientedRenderer):
        return None
    logger = node.get_logger()
    return Appearance(
        settings,
        renderer,
        inference.show,
        shown=lambda shown: logger.info(f"showing the portrait '{shown.portrait}'"),
        refused=partial(_restore_parameters, node, reports),
    )


def _restore_parameters(node: LifecycleBase, reports: Reports, shown: HeadSettings, error: Exception) -> None:
    """Report an appearance that could not be loaded, and set the parameters back to what is shown."""
    reports.error("parameters_refused", f"the face stays as it is: {error}", about="appearance")
    kept = with_appearance(read(node, HeadSettings), shown)
    values = [Parameter(name, value=getattr(kept, name)) for name in APPEARANCE]
    if node.executor is not None:
        node.executor.create_task(lambda: node.set_parameters(values))
