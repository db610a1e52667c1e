"""Opens the session of the model and the renderer of a head, and frees their memory."""

import dataclasses
import gc
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dystream_ros.engine.frame import FrameTiming
from dystream_ros.engine.interfaces import HeadSession
from dystream_ros.nodes.head.memory import settle
from dystream_ros.nodes.parameters import HeadSettings
from dystream_ros.rendering.interfaces import Renderer
from dystream_ros.rendering.oriented import OrientedRenderer
from dystream_ros.rendering.portrait import Portrait, load_portrait
from dystream_ros.rendering.recovering import RecoveringRenderer
from dystream_ros.rendering.view import View

if TYPE_CHECKING:
    from dystream_ros.models.registry import LoadedModel
    from dystream_ros.models.runtime import Runtime

# Steps before the first real one: the first calls allocate memory and exceed the time of a frame.
_WARM_UP_STEPS = 10


@dataclass(frozen=True)
class Engine:
    """A session and the identity of its model for the layout message.

    Attributes:
        session: fresh.
        model: name or path of the model.
        weights_sha256: 64 hexadecimal digits.
    """

    session: HeadSession
    model: str
    weights_sha256: str

    @property
    def timing(self) -> FrameTiming:
        """Hop and lookahead of its frames."""
        return FrameTiming(self.session.hop, self.session.lookahead)


def open_engine(
    settings: HeadSettings, load: "Callable[[str, Runtime], LoadedModel] | None" = None, heads: int = 1
) -> Engine:
    """Load a model, warm it up and reset it; call this in the thread that will step the session.

    Args:
        load: loads it by name; `registry.load_model` when None.
        heads: number of heads in this process.

    Raises:
        ModelError: there is no such model, or its weights are damaged.
    """
    # Imported here: only the process that runs a model loads its family, and only when it is configured.
    from dystream_ros.engine.session import Session
    from dystream_ros.models.registry import load_model
    from dystream_ros.models.runtime import Runtime

    window = settings.step_together if settings.time_mode == "paced" and heads > 1 else 0.0
    together = heads if window else 0
    runtime = Runtime(settings.backend, settings.provider, settings.threads, together, window)
    loaded = (load or load_model)(settings.model, runtime)
    session = Session(loaded.network, settings.seed)
    for _ in range(_WARM_UP_STEPS):
        silence = np.zeros(session.samples_needed, np.float32)
        session.step(silence, silence)
    session.reset(settings.seed)
    return Engine(session, loaded.name, loaded.weights_sha256)


def keep_memory() -> None:
    """Let the garbage collector pass over everything that exists now; call this once all parts are loaded.

    A collection that traverses the model and the renderer takes longer than a frame. Loaded objects live until
    `free_memory`.
    """
    gc.collect()
    gc.freeze()


def free_memory() -> None:
    """Counterpart of `keep_memory`: return the memory of a dropped engine to the system."""
    gc.unfreeze()
    settle()


def open_renderer(settings: HeadSettings) -> Renderer:
    """The renderer of the portrait, or the model's own for its latents; call this in the thread that will render.

    Raises:
        ModelError: the model's own renderer lacks its weights.
        RenderingUnavailable: OpenGL is requested and not available.
        PortraitError: there is no such portrait.
    """
    import cv2  # not in a head without images

    from dystream_ros.models.registry import open_own_renderer
    from dystream_ros.rendering import backend

    view = view_of(settings)
    own = open_own_renderer(settings.model, *view.upright)
    if own is not None:
        # The number of threads is a property of the calling thread, and this is not the one that steps the session.
        if (torch := sys.modules.get("torch")) is not None:
            torch.set_num_threads(settings.threads)
        return OrientedRenderer(own, view)
    portrait = load_portrait(settings.portrait)

    def open_on(portrait: Portrait, view: View) -> Renderer:
        renderer = backend.open_renderer(
            portrait,
            backend=settings.renderer,
            on_fallback=lambda reason: None,  # the node reports it
            **dataclasses.asdict(view),
        )
        # OpenCV converts the colours of a picture in 0.2 ms. Its threads wait in loops for that, which takes the head
        # three times as long. The fallback warps whole pictures with OpenCV.
        cv2.setNumThreads(-1 if isinstance(renderer, backend.WarpRenderer) else 1)
        return renderer

    return RecoveringRenderer(open_on(portrait, view), portrait, open_on)


def view_of(settings: HeadSettings) -> View:
    """The view of the portrait in the settings."""
    return View(
        settings.image_width,
        settings.image_height,
        settings.framing,
        settings.background,
        settings.mirror,
        settings.rotation,
    )
