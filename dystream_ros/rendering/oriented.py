"""The pictures of a model that draws its own portrait, mirrored and rotated for a view."""

from types import TracebackType
from typing import NoReturn

from dystream_ros.face.motion import MotionFrame
from dystream_ros.rendering.interfaces import PreparedView, RelativeRenderer, Renderer
from dystream_ros.rendering.portrait import Picture, Portrait
from dystream_ros.rendering.view import View


class OrientedRenderer:
    """Mirrors and rotates the pictures of a model's own renderer, which it closes as well.

    Args:
        renderer: draws pictures of `view.upright` pixels.
        view: framing and background must be the defaults, since such a model draws the whole picture.
    Raises:
        ValueError: another framing or background.
    """

    def __init__(self, renderer: Renderer, view: View) -> None:
        for name, wanted, own in (
            ("framing", view.framing, View.framing), ("background", view.background, View.background),
        ):  # fmt: skip
            if wanted != own:
                raise ValueError(
                    f"the {name} cannot be '{wanted}': this model draws its whole picture, framed as the photo of its "
                    f"portrait is; leave the {name} at '{own}'. Size, mirror and rotation may be chosen"
                )
        self._renderer = renderer
        self.name = renderer.name
        self.device = renderer.device
        self.view = view

    def render(self, motion: MotionFrame) -> Picture:
        """Picture uint8 (height, width, 3), BGR, of the view's width and height."""
        return self.view.oriented(self._renderer.render(motion))

    def prepare(self, portrait: Portrait, view: View) -> NoReturn:
        """Raises ValueError: the model draws the portrait that its file names, and no other."""
        raise ValueError(
            f"the model '{self.name}' draws the portrait that its model file names; another portrait or view takes "
            "effect when the model is loaded again"
        )

    def show(self, prepared: PreparedView) -> None:
        """Raises TypeError: this renderer prepares nothing."""
        raise TypeError(f"a {type(prepared).__name__} was prepared by another renderer than that of '{self.name}'")

    def reset(self) -> None:
        """Forget the motions drawn so far, where the model's renderer draws others relative to them."""
        if isinstance(self._renderer, RelativeRenderer):
            self._renderer.reset()

    def close(self) -> None:
        """Close the model's renderer."""
        self._renderer.close()

    def __enter__(self) -> "OrientedRenderer":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
