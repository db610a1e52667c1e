"""A renderer that is opened again when it stops drawing, for example because the OpenGL context was lost."""

import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType

from dystream_ros.face.motion import MotionFrame
from dystream_ros.rendering.interfaces import PreparedView, Renderer
from dystream_ros.rendering.portrait import Picture, Portrait
from dystream_ros.rendering.view import View

_log = logging.getLogger(__name__)
# A picture may fail once; with a lost context, each fails.
FAILURES = 5


@dataclass(frozen=True)
class RecoverableView:
    """A prepared view with the portrait that it shows, to prepare it again for another renderer."""

    portrait: Portrait
    view: View
    prepared: PreparedView


class RecoveringRenderer:
    """Draws with a renderer, and with a newly opened one after `FAILURES` pictures in a row have failed.

    If none can be opened again, each picture raises the error of the last one, and opening is tried again after as many
    further failures. Create, use and close it in one thread, as any renderer.

    Args:
        renderer: draws `portrait`.
        portrait: the face.
        reopen: opens another renderer of a portrait and a view; it may be of another kind, such as the fallback.
    """

    def __init__(self, renderer: Renderer, portrait: Portrait, reopen: Callable[[Portrait, View], Renderer]) -> None:
        self._renderer = renderer
        self._portrait = portrait
        self._view = renderer.view
        self._reopen = reopen
        self._failures = 0

    @property
    def name(self) -> str:
        """Of the renderer that draws now."""
        return self._renderer.name

    @property
    def device(self) -> str:
        """Of the renderer that draws now."""
        return self._renderer.device

    @property
    def view(self) -> View:
        """The current view of the face."""
        return self._view

    def render(self, motion: MotionFrame) -> Picture:
        """As `Renderer.render`; a renderer that fails again and again is opened anew."""
        try:
            picture = self._renderer.render(motion)
        except ValueError:  # of the motion
            raise
        except Exception as error:
            self._failures += 1
            if self._failures % FAILURES:
                raise
            self._open_again(error)
            picture = self._renderer.render(motion)
        self._failures = 0
        return picture

    def prepare(self, portrait: Portrait, view: View) -> RecoverableView:
        """As `Renderer.prepare`."""
        return RecoverableView(portrait, view, self._renderer.prepare(portrait, view))

    def show(self, prepared: PreparedView) -> None:
        """As `Renderer.show`; a view that was prepared before the renderer changed is prepared again."""
        if not isinstance(prepared, RecoverableView):
            raise TypeError(f"this renderer shows what it prepared, got {type(prepared).__name__}")
        try:
            self._renderer.show(prepared.prepared)
        except TypeError:
            self._renderer.show(self._renderer.prepare(prepared.portrait, prepared.view))
        self._portrait, self._view = prepared.portrait, prepared.view

    def close(self) -> None:
        """Free the resources of the renderer."""
        self._renderer.close()

    def __enter__(self) -> "RecoveringRenderer":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _open_again(self, error: Exception) -> None:
        # What is lost may not be closed either.
        with contextlib.suppress(Exception):
            self._renderer.close()
        self._renderer = self._reopen(self._portrait, self._view)
        _log.warning(
            "%d pictures in a row failed (%s: %s); drawing goes on with the renderer '%s' on %s",
            self._failures,
            type(error).__name__,
            error,
            self.name,
            self.device,
        )
