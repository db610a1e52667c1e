"""OpenGL for the renderer: a context without a display, buffers, textures."""

import ctypes
import os
from collections.abc import Callable

import cv2
import moderngl
import numpy as np
from numpy.typing import NDArray

from dystream_ros.rendering.interfaces import RenderingUnavailable
from dystream_ros.rendering.portrait import Picture


def open_context() -> moderngl.Context:
    """An OpenGL 3.3 context through EGL; raises `RenderingUnavailable`."""
    # Mesa's software renderer takes a thread per core. Two draw a picture in two thirds of the time of one, for 4 %
    # more CPU time; the remaining cores are left to others.
    os.environ.setdefault("LP_NUM_THREADS", str(min(2, len(os.sched_getaffinity(0)))))
    try:
        # moderngl declares `backend` as a dict, but passes it on as the keyword argument that it is.
        return moderngl.create_context(standalone=True, require=330, backend="egl")  # type: ignore[arg-type]
    except Exception as error:  # moderngl and its loader raise plain Exception, ImportError and their own kinds alike
        raise RenderingUnavailable(
            f"OpenGL 3.3 through EGL is not available ({error}); on Debian or Ubuntu install it with "
            "`apt install libegl1 libgl1 libgl1-mesa-dri`"
        ) from error


def finisher(context: moderngl.Context) -> Callable[[], object]:
    """A function that waits until all that was drawn is done, and lets other Python threads run meanwhile.

    The functions of moderngl hold the interpreter lock while they wait: for most of a picture in software.
    """
    try:
        library = ctypes.CDLL(os.environ.get("GLCONTEXT_LINUX_LIBEGL", "libEGL.so.1"))
        library.eglGetProcAddress.restype = ctypes.c_void_p
        library.eglGetProcAddress.argtypes = [ctypes.c_char_p]
        address = library.eglGetProcAddress(b"glFinish")
    except (OSError, AttributeError):
        address = None
    return ctypes.CFUNCTYPE(None)(address) if address else context.finish


def texture(context: moderngl.Context, image: Picture) -> moderngl.Texture:
    """A texture of an image uint8 (h, w, 3 or 4), BGR or BGRA."""
    pixels = cv2.cvtColor(image, cv2.COLOR_BGR2RGBA if image.shape[2] == 3 else cv2.COLOR_BGRA2RGBA)
    made = context.texture((image.shape[1], image.shape[0]), 4, pixels.tobytes())
    made.filter = (moderngl.LINEAR, moderngl.LINEAR)
    made.repeat_x = made.repeat_y = False
    return made


def layer_array(
    context: moderngl.Context,
    program: moderngl.Program,
    positions: moderngl.Buffer,
    attributes: moderngl.Buffer,
    triangles: NDArray[np.integer],
) -> tuple[moderngl.VertexArray, moderngl.Buffer]:
    """The vertex array of a layer and the buffer of its triangles (t, 3); the caller frees both.

    Args:
        positions: float32 (k, 3), written for every picture.
        attributes: float32 (k, 11): texture_at, look, opacity, rim.
    """
    names = {"texture_at": "2f", "look": "4f", "opacity": "1f", "rim": "4f"}
    used = [name for name in names if name in program]
    layout = " ".join(kind if name in used else f"{int(kind[0]) * 4}x" for name, kind in names.items())
    index = context.buffer(np.ascontiguousarray(triangles, np.uint32).tobytes())
    return context.vertex_array(program, [(positions, "3f", "position"), (attributes, layout, *used)], index), index


def eye_cap(rings: int = 6, sectors: int = 18) -> tuple[NDArray[np.float32], NDArray[np.uint32]]:
    """The front half (towards +z) of a unit sphere: directions float32 (n, 3) and triangles uint32 (t, 3)."""
    polar = np.linspace(0, 0.5 * np.pi, rings + 1)[:, None]
    around = np.linspace(0, 2 * np.pi, sectors + 1)[None]
    directions = np.stack(
        [np.sin(polar) * np.cos(around), np.sin(polar) * np.sin(around), np.cos(polar) * np.ones_like(around)], axis=-1
    ).reshape(-1, 3)
    first = (np.arange(rings)[:, None] * (sectors + 1) + np.arange(sectors)[None]).ravel()
    below = first + sectors + 1
    triangles = np.concatenate([np.stack([first, below, first + 1], 1), np.stack([first + 1, below, below + 1], 1)])
    return directions.astype(np.float32), triangles.astype(np.uint32)


def straight(pixels: NDArray[np.uint8]) -> Picture:
    """BGR and alpha uint8 (h, w, 4), not premultiplied, from premultiplied RGBA."""
    image = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGBA2BGRA), np.uint8)
    alpha = image[..., 3]
    edge = np.nonzero((alpha != 0) & (alpha != 255))
    share = image[edge]  # only the few pixels along the outline need the division
    share[:, :3] = np.minimum((share[:, :3] * np.float32(255) / share[:, 3:]).round(), 255)
    image[edge] = share
    return image
