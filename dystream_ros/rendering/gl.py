"""What the renderer asks of OpenGL: a context without a display, buffers, textures."""

import os

import cv2
import moderngl
import numpy as np


class RenderingUnavailable(RuntimeError):
    """OpenGL can not be used here; the message names the packages to install."""


def open_context() -> moderngl.Context:
    """An OpenGL 3.3 context through EGL; raises `RenderingUnavailable`."""
    # Mesa's software renderer takes a thread a core; one leaves the other cores to the engine and waits for none.
    os.environ.setdefault("LP_NUM_THREADS", "1")
    try:
        return moderngl.create_context(standalone=True, backend="egl", require=330)
    except Exception as error:  # moderngl and its loader raise plain Exception, ImportError and their own kinds alike
        raise RenderingUnavailable(
            f"OpenGL 3.3 through EGL is not available ({error}); on Debian or Ubuntu "
            "`apt install libegl1 libgl1 libgl1-mesa-dri`, or choose the renderer `fallback`"
        ) from error


def picture(context: moderngl.Context, image: np.ndarray) -> moderngl.Texture:
    """A texture of a BGR or BGRA image."""
    pixels = cv2.cvtColor(image, cv2.COLOR_BGR2RGBA if image.shape[2] == 3 else cv2.COLOR_BGRA2RGBA)
    texture = context.texture(image.shape[1::-1], 4, pixels.tobytes())
    texture.filter = (moderngl.LINEAR, moderngl.LINEAR)
    texture.repeat_x = texture.repeat_y = False
    return texture


def layer_array(
    context: moderngl.Context,
    program: moderngl.Program,
    positions: moderngl.Buffer,
    attributes: moderngl.Buffer,
    triangles: np.ndarray,
) -> tuple[moderngl.VertexArray, moderngl.Buffer]:
    """Vertices of a layer and the buffer of its triangles (t, 3): moving positions, fixed attributes (texture_at, look,
    opacity, rim)."""
    names = {"texture_at": "2f", "look": "4f", "opacity": "1f", "rim": "4f"}
    used = [name for name in names if name in program]
    layout = " ".join(kind if name in used else f"{int(kind[0]) * 4}x" for name, kind in names.items())
    index = context.buffer(np.ascontiguousarray(triangles, np.uint32).tobytes())
    return context.vertex_array(program, [(positions, "3f", "position"), (attributes, layout, *used)], index), index


def eye_cap(rings: int = 6, sectors: int = 18) -> tuple[np.ndarray, np.ndarray]:
    """The front half of a unit ball around +z: directions float32 (n, 3) and triangles uint32 (t, 3)."""
    polar = np.linspace(0, 0.5 * np.pi, rings + 1)[:, None]
    around = np.linspace(0, 2 * np.pi, sectors + 1)[None]
    directions = np.stack(
        [np.sin(polar) * np.cos(around), np.sin(polar) * np.sin(around), np.cos(polar) * np.ones_like(around)], axis=-1
    ).reshape(-1, 3)
    first = (np.arange(rings)[:, None] * (sectors + 1) + np.arange(sectors)[None]).ravel()
    below = first + sectors + 1
    triangles = np.concatenate([np.stack([first, below, first + 1], 1), np.stack([first + 1, below, below + 1], 1)])
    return directions.astype(np.float32), triangles.astype(np.uint32)


def straight(pixels: np.ndarray) -> np.ndarray:
    """BGR and alpha (h, w, 4), not premultiplied, of premultiplied RGBA."""
    image = cv2.cvtColor(pixels, cv2.COLOR_RGBA2BGRA)
    alpha = image[..., 3]
    edge = np.nonzero((alpha != 0) & (alpha != 255))
    share = image[edge]  # the few pixels along the outline
    share[:, :3] = np.minimum((share[:, :3] * np.float32(255) / share[:, 3:]).round(), 255)
    image[edge] = share
    return image
