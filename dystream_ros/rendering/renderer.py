"""Renders a portrait with OpenGL through EGL: on the GPU where there is one, else in Mesa's software renderer."""

import cv2
import moderngl
import numpy as np

from dystream_ros.rendering import shaders
from dystream_ros.rendering.animation import Animation
from dystream_ros.rendering.portrait import LAYERS, Portrait

EYE_RINGS, EYE_SECTORS = 10, 20


class RenderingUnavailable(RuntimeError):
    """OpenGL can not be used here; the message names the packages to install."""


def _open_context() -> moderngl.Context:
    try:
        return moderngl.create_context(standalone=True, backend="egl", require=330)
    except Exception as error:  # moderngl and glcontext raise plain Exception, ImportError and their own kinds alike
        raise RenderingUnavailable(
            f"OpenGL 3.3 through EGL is not available ({error}); on Debian or Ubuntu install it with "
            "`apt install libegl1 libgl1 libgl1-mesa-dri`, or choose the renderer `fallback`"
        ) from error


class Renderer:
    """Draws one portrait; make, use and close it in one thread.

    Args:
        portrait: of `load_portrait`.
        width, height: of the images, 16 to 8192 pixels.
    Raises:
        RenderingUnavailable: OpenGL 3.3 can not be had through EGL.
    """

    name = "opengl"

    def __init__(self, portrait: Portrait, width: int = 512, height: int = 512) -> None:
        if not (16 <= width <= 8192 and 16 <= height <= 8192):
            raise ValueError(f"an image is 16 to 8192 pixels wide and high, got {width} x {height}")
        self.width, self.height = width, height
        self._portrait = portrait
        self._animation = Animation(portrait)
        self._context = context = _open_context()
        self.device = context.info["GL_RENDERER"]
        size = (width, height)
        self._target = context.framebuffer([context.renderbuffer(size, 4)], context.depth_renderbuffer(size))
        self._still = context.framebuffer([context.renderbuffer(size, 4)])
        self._pixels = np.empty((height, width, 4), np.uint8)
        self._load(context)

    def _load(self, context: moderngl.Context) -> None:
        portrait = self._portrait
        height, width = portrait.image.shape[:2]
        # Close to the size it is seen at, so that no mipmap is needed, which costs as much as the rest of the image.
        zoom = max(self.width / width, self.height / height)
        photo = np.dstack([portrait.image, portrait.matte])
        if zoom < 0.8:
            photo = cv2.resize(photo, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_AREA)
        self._photo, behind = self._texture(photo), self._texture(portrait.background)
        programs = {
            "background": (shaders.BACKGROUND_VERTEX, shaders.BACKGROUND_FRAGMENT),
            "sheet": (shaders.LAYER_VERTEX, shaders.SHEET_FRAGMENT),
            "skin": (shaders.LAYER_VERTEX, shaders.SKIN_FRAGMENT),
            "inside": (shaders.LAYER_VERTEX, shaders.INSIDE_FRAGMENT),
            "teeth": (shaders.LAYER_VERTEX, shaders.TEETH_FRAGMENT),
            "lashes": (shaders.LAYER_VERTEX, shaders.LASHES_FRAGMENT),
            "eye": (shaders.EYE_VERTEX, shaders.EYE_FRAGMENT),
        }
        self._programs = {name: context.program(vertex_shader=v, fragment_shader=f) for name, (v, f) in programs.items()}
        # The square of the photo covers the image; what juts out on the longer side is cut.
        scale_x, scale_y = 2 * zoom / self.width, 2 * zoom / self.height
        window = (scale_x, scale_y, -scale_x * width / 2, -scale_y * height / 2)
        self._set("window", window)
        self._set("camera", tuple(portrait.camera.tolist()))
        self._set("size", (width, height))
        self._set("slab", -0.5)
        self._programs["sheet"]["slab"].value = 0.5
        # 7 mm back in depth only: lips drawn tight never cut into the teeth.
        self._programs["inside"]["slab"].value = self._programs["teeth"]["slab"].value = -0.49
        self._set("mouth_depth", float(portrait.mouth_depth))
        for name, colour in zip(("iris_colour", "white", "tooth"), portrait.colours.tolist(), strict=True):
            self._set(name, tuple(colour))

        self._positions = context.buffer(reserve=portrait.vertices.shape[0] * 12, dynamic=True)
        fixed = np.hstack([portrait.texture, portrait.look, portrait.opacity[:, None], portrait.edge[:, None]]).astype(np.float32)
        attributes = context.buffer(np.ascontiguousarray(fixed).tobytes())
        names = {"texture_at": "2f", "look": "4f", "opacity": "1f", "edge": "1f"}
        self._arrays = {}
        for layer in LAYERS:
            program = self._programs[layer]
            used = [name for name in names if name in program]
            layout = " ".join(kind if name in used else f"{int(kind[0]) * 4}x" for name, kind in names.items())
            content = [(self._positions, "3f", "position"), (attributes, layout, *used)]
            index = context.buffer(np.ascontiguousarray(getattr(portrait, f"triangles_{layer}"), np.uint32).tobytes())
            self._arrays[layer] = context.vertex_array(program, content, index)
        corners = context.buffer(np.array([0, 0, 1, 0, 0, 1, 1, 1], np.float32).tobytes())
        self._still.use()
        behind.use(0)
        context.vertex_array(self._programs["background"], [(corners, "2f", "corner")]).render(moderngl.TRIANGLE_STRIP)
        directions, triangles = _eye_cap()
        self._arrays["eye"] = context.vertex_array(
            self._programs["eye"], [(context.buffer(directions.tobytes()), "3f", "direction")], context.buffer(triangles.tobytes())
        )

    def _texture(self, image: np.ndarray) -> moderngl.Texture:
        texture = self._context.texture(image.shape[1::-1], image.shape[2], np.ascontiguousarray(image).tobytes(), alignment=1)
        texture.swizzle = "BGRA"
        texture.repeat_x = texture.repeat_y = False
        return texture

    def _set(self, name: str, value) -> None:
        for program in self._programs.values():
            if name in program:
                program[name].value = value

    def render(self, values: np.ndarray, head_pose: np.ndarray) -> np.ndarray:
        """An image uint8 (height, width, 3), BGR, top row first, of 52 coefficients (clipped to 0..1) and a head pose
        (roll, pitch, yaw, x, y, z; radians, metres; `dystream_ros.face.motion`). The image is the caller's own.

        Raises ValueError for numbers that are not finite or not 52 and 6.
        """
        context = self._context
        self._positions.write(self._animation.pose(values, head_pose))
        self._target.use()
        self._target.clear(depth=1.0)
        context.copy_framebuffer(self._target, self._still)
        self._photo.use(0)
        context.enable(moderngl.DEPTH_TEST | moderngl.BLEND)
        context.blend_func = moderngl.SRC_ALPHA, moderngl.ONE_MINUS_SRC_ALPHA
        self._arrays["sheet"].render()
        self._arrays["inside"].render()
        self._arrays["teeth"].render()
        self._draw_eyes(values)
        # The projection puts the top row first in memory, which turns the sense of every triangle.
        context.front_face = "cw"
        context.enable(moderngl.CULL_FACE)
        self._arrays["skin"].render()
        context.disable(moderngl.CULL_FACE)
        self._arrays["lashes"].render()
        self._target.read_into(self._pixels, components=4, alignment=1)
        return cv2.cvtColor(self._pixels, cv2.COLOR_RGBA2BGR)

    def _draw_eyes(self, values: np.ndarray) -> None:
        portrait, program = self._portrait, self._programs["eye"]
        head = self._animation.head
        program["socket"].write(np.ascontiguousarray((head[:3, :3] @ portrait.rotation).T))
        turns = self._animation.gaze(values)
        for centre, (ball, iris, yaw, pitch), turn in zip(portrait.eye_centres, portrait.eyes, turns, strict=True):
            program["centre"].write(head[:3, :3] @ centre + head[:3, 3])
            program["radius"].value = float(ball)
            program["iris"].value = float(iris / ball)
            gaze = self._animation.eye_axes(float(yaw + turn[0]), float(pitch + turn[1]))
            program["gaze"].write(np.ascontiguousarray(gaze.T))
            program["lid"].value = 0.45
            self._arrays["eye"].render()

    def close(self) -> None:
        """Frees the context; the renderer can not be used afterwards."""
        self._context.release()

    def __enter__(self) -> "Renderer":
        return self

    def __exit__(self, *_) -> None:
        self.close()


def _eye_cap() -> tuple[np.ndarray, np.ndarray]:
    """The front half of a unit ball around +z: directions float32 (n, 3) and triangles uint32 (t, 3)."""
    polar = np.linspace(0, 0.5 * np.pi, EYE_RINGS + 1)[:, None]
    around = np.linspace(0, 2 * np.pi, EYE_SECTORS + 1)[None]
    directions = np.stack(
        [np.sin(polar) * np.cos(around), np.sin(polar) * np.sin(around), np.cos(polar) * np.ones_like(around)], axis=-1
    ).reshape(-1, 3)
    row = EYE_SECTORS + 1
    a = (np.arange(EYE_RINGS)[:, None] * row + np.arange(EYE_SECTORS)[None]).ravel()
    triangles = np.concatenate([np.stack([a, a + row, a + 1], 1), np.stack([a + 1, a + row, a + row + 1], 1)])
    return directions.astype(np.float32), triangles.astype(np.uint32)
