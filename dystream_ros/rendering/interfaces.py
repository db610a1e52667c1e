"""The contract of a renderer: a motion in, a picture out."""

from types import TracebackType
from typing import Protocol, TypeVar, runtime_checkable

from dystream_ros.face.motion import MotionFrame
from dystream_ros.rendering.portrait import Picture, Portrait
from dystream_ros.rendering.view import View

_Self = TypeVar("_Self")  # typing.Self is not in Python 3.10


class RenderingUnavailable(RuntimeError):
    """OpenGL cannot be used here; the message names the packages to install."""


class PreparedView(Protocol):
    """A portrait in a view, prepared for one kind of renderer."""

    @property
    def view(self) -> View:
        """How the portrait is shown."""
        ...


class Renderer(Protocol):
    """Draws a face. Create, use and close it in one thread; `prepare` may be called in any. A context manager."""

    @property
    def name(self) -> str:
        """ "opengl", "fallback", or the name of a model family that draws its own pictures."""
        ...

    @property
    def device(self) -> str:
        """The device that draws, for the log: the OpenGL device, "OpenCV", "cpu", "cuda", ..."""
        ...

    @property
    def view(self) -> View:
        """The current view of the face."""
        ...

    def render(self, motion: MotionFrame) -> Picture:
        """Picture uint8 (height, width, 3), BGR, top row first; a fourth channel is alpha, not premultiplied.

        The picture belongs to the caller. A caller that has plain arrays passes `MotionFrame(frame, values,
        head_pose)`.

        Raises:
            ValueError: the motion lacks the coefficients or the latent that this renderer draws, or its numbers are
                not finite.
        """
        ...

    def prepare(self, portrait: Portrait, view: View) -> PreparedView:
        """Prepare a portrait in a view for `show`. Slow; may be called in any thread.

        Raises:
            PortraitError: the portrait or the background cannot be used.
            ValueError: this renderer cannot show that view, or another portrait; the message says what it accepts.
        """
        ...

    def show(self, prepared: PreparedView) -> None:
        """Draw the prepared portrait from the next picture on. After an error the view is unchanged.

        Raises:
            TypeError: another kind of renderer prepared it.
        """
        ...

    def close(self) -> None:
        """Free the resources of the renderer; it cannot be used afterwards."""
        ...

    def __enter__(self: _Self) -> _Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


@runtime_checkable
class RelativeRenderer(Protocol):
    """A renderer whose pictures depend on the motions that it has drawn before."""

    def reset(self) -> None:
        """Forget the motions drawn so far."""
        ...
