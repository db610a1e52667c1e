"""The contract of a renderer: a motion in, a picture out."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from dystream_ros.face.motion import MotionFrame
from dystream_ros.rendering.portrait import Portrait
from dystream_ros.rendering.view import View

Picture = NDArray[np.uint8]


class PreparedView(Protocol):
    """A portrait in a view, laid out for the renderer that prepared it."""

    view: View


class Renderer(Protocol):
    """Draws a face. Create, use and close it in one thread; `prepare` may be called in any.

    Attributes:
        name: "opengl", "fallback", or the name of a model family that draws its own pictures.
        device: what draws, for the log.
        view: how the face is shown now.
    """

    name: str
    device: str
    view: View

    def render(self, motion: MotionFrame) -> Picture:
        """Picture uint8 (height, width, 3), BGR, top row first; a fourth channel is alpha."""
        ...

    def prepare(self, portrait: Portrait, view: View) -> PreparedView:
        """What `show` takes; slow, for any thread.

        Raises:
            PortraitError: the portrait or the background cannot be used.
            ValueError: this renderer cannot show that view, or another portrait; the message says what it can.
        """
        ...

    def show(self, prepared: PreparedView) -> None:
        """Draw what was prepared from the next picture on; on an error the view stays as it was."""
        ...

    def close(self) -> None:
        """Free what the renderer holds."""
        ...
