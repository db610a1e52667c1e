"""Draws a portrait with OpenGL through EGL: on the GPU if there is one, else with Mesa's software renderer."""

from contextlib import ExitStack
from types import TracebackType
from typing import Protocol, TypeVar

import cv2
import moderngl
import numpy as np
from numpy.typing import NDArray

from dystream_ros.face.arkit import ARKIT_INDEX
from dystream_ros.face.motion import MotionFrame
from dystream_ros.rendering import shaders
from dystream_ros.rendering.animation import Animation, mouth_flesh
from dystream_ros.rendering.interfaces import PreparedView
from dystream_ros.rendering.iris import REACH, iris_picture
from dystream_ros.rendering.margins import Margins
from dystream_ros.rendering.opengl import eye_cap, finisher, layer_array, open_context, straight, texture
from dystream_ros.rendering.openings import OUTSIDE, Openings
from dystream_ros.rendering.portrait import Floats, Indices, Picture, Portrait
from dystream_ros.rendering.scene import Scene, make_scene
from dystream_ros.rendering.view import View

SHEET = ("still", "sheet", "solid", "edge")
LITTLE = (0.3, 0.2, 0.25)  # radians of roll, pitch and yaw; the sheet does not fold if the head turns less than this
PROGRAMS = {
    "sheet": (shaders.LAYER_VERTEX, shaders.SHEET_FRAGMENT),
    "firm": (shaders.LAYER_VERTEX, shaders.FIRM_FRAGMENT),
    "plain": (shaders.PLAIN_VERTEX, shaders.PLAIN_FRAGMENT),
    "skin": (shaders.SKIN_VERTEX, shaders.SKIN_FRAGMENT),
    "inside": (shaders.LAYER_VERTEX, shaders.INSIDE_FRAGMENT),
    "teeth": (shaders.LAYER_VERTEX, shaders.TEETH_FRAGMENT),
    "lashes": (shaders.LAYER_VERTEX, shaders.LASHES_FRAGMENT),
    "eye": (shaders.EYE_VERTEX, shaders.EYE_FRAGMENT),
    "margin": (shaders.MARGIN_VERTEX, shaders.MARGIN_FRAGMENT),
}
# Programs of layers that have none of their own; see `sheet_layers` and `skin_layers`.
SHARED = dict.fromkeys(SHEET, "sheet") | {"cheeks": "firm", "fading": "plain", "tinted": "skin"}
LEAST_DIMPLE = 0.004  # share of the light; a smaller loss changes no level
IRIS_UNIT = 1  # of textures; that of the photo is 0
MOUTH = 2  # its number among the openings, behind the left and the right eye
TONGUE = ARKIT_INDEX["tongueOut"]
GUM = 1.05  # brightness of the gums over that of the tongue
NOTHING, ALL = (False,) * 4, (True,) * 4  # of the colours
Box = tuple[int, int, int, int]  # left, top, width and height, pixels of the image
# Alpha adds up, so that the image is premultiplied on a transparent background.
OVER = (moderngl.SRC_ALPHA, moderngl.ONE_MINUS_SRC_ALPHA, moderngl.ONE, moderngl.ONE_MINUS_SRC_ALPHA)


class _Releasable(Protocol):
    def release(self) -> None: ...


_Held = TypeVar("_Held", bound=_Releasable)


class OpenGLRenderer:
    """Draws one portrait at a time; create, use and close it in one thread.

    The first picture takes no longer than others: one is drawn before.

    Args:
        portrait, view: shown first.
    Raises:
        RenderingUnavailable: OpenGL 3.3 is not available through EGL.
        PortraitError: the background cannot be used.
    """

    name = "opengl"

    def __init__(self, portrait: Portrait, view: View) -> None:
        scene = self.prepare(portrait, view)
        self._context = context = open_context()
        self.device = str(context.info["GL_RENDERER"])
        self._finish = finisher(context)
        self._loaded = ExitStack()
        try:
            with context:
                self._compile()
                self._load(scene)
            # Mesa's software renderer compiles a program when it is first drawn with: 30 ms of the first picture.
            self.render(MotionFrame(0, np.zeros(len(ARKIT_INDEX), np.float32), np.zeros(6, np.float32)))
        except BaseException:
            context.release()
            raise

    def _compile(self) -> None:
        """Compile the programs, and load the shapes that all scenes share."""
        context = self._context
        self._programs = {
            name: context.program(vertex_shader=v, fragment_shader=f) for name, (v, f) in PROGRAMS.items()
        }
        self._uniforms = {
            (program, name): uniform
            for program, members in self._programs.items()
            for name in members
            if isinstance(uniform := members[name], moderngl.Uniform)
        }
        directions, cap = eye_cap()
        self._eye = context.vertex_array(
            self._programs["eye"],
            [(context.buffer(directions.tobytes()), "3f", "direction")],
            context.buffer(cap.tobytes()),
        )

    @staticmethod
    def prepare(portrait: Portrait, view: View) -> Scene:
        """Prepare a portrait in a view for `show`, without OpenGL, in any thread. Raises `PortraitError`."""
        return make_scene(portrait, view)

    def show(self, prepared: PreparedView) -> None:
        """Draw another portrait, or another view of it, from the next picture on: a few milliseconds.

        After an error the portrait and the view are unchanged.

        Raises:
            TypeError: another kind of renderer prepared it.
            Exception: of moderngl, if OpenGL cannot hold the scene.
        """
        if not isinstance(prepared, Scene):
            raise TypeError(f"the OpenGL renderer shows a Scene that it prepared, got {type(prepared).__name__}")
        before, self._loaded, kept = self._loaded, ExitStack(), self._scene
        with self._context:
            try:
                self._load(prepared)
            except Exception:
                self._loaded.close()
                self._loaded = ExitStack()
                self._load(kept)
                raise
            finally:
                before.close()

    def _load(self, scene: Scene) -> None:
        context, portrait, keep = self._context, scene.portrait, self._keep
        self._scene, self._portrait, self._animation = scene, portrait, Animation(portrait)
        self._openings = Openings(scene, self._animation)
        self.view, (self._width, self._height) = scene.view, scene.view.upright
        size = (self._width, self._height)
        self._target = keep(
            context.framebuffer([keep(context.renderbuffer(size, 4))], keep(context.depth_renderbuffer(size)))
        )
        self._pixels = np.empty((self._height, self._width, 4), np.uint8)
        self._set_window()
        self._set_all("camera", tuple(portrait.camera.tolist()))
        self._iris = keep(texture(context, iris_picture(portrait.colours[0])))
        self._uniforms["eye", "iris_picture"].value = IRIS_UNIT
        for name, colour in zip(("white", "tooth"), portrait.colours[1:].tolist(), strict=True):
            self._set_all(name, tuple(colour))
        self._set_all("flesh", tuple((GUM * mouth_flesh(portrait)).tolist()))
        self._set_all("slab", -0.5)
        # Offsets in depth only. They keep tight lips in front of the teeth, and lids in front of an eye.
        for name, slab in (
            ("sheet", 0.5), ("teeth", shaders.MOUTH_SLAB), ("eye", shaders.EYE_SLAB), ("margin", shaders.MARGIN_SLAB),
        ):  # fmt: skip
            self._uniforms[name, "slab"].value = slab
        self._photo = keep(texture(context, scene.photo))
        self._laid = np.empty((len(scene.rows), 3), np.float32)
        self._positions = keep(context.buffer(reserve=self._laid.nbytes, dynamic=True))
        attributes = keep(context.buffer(scene.attributes.tobytes()))

        def arrays(layers: dict[str, Indices]) -> dict[str, moderngl.VertexArray]:
            made = {}
            for name, triangles in layers.items():
                if len(triangles):
                    program = self._programs[SHARED.get(name, name)]
                    array, index = layer_array(context, program, self._positions, attributes, triangles)
                    made[name] = keep(array)
                    keep(index)
            return made

        self._image_arrays = arrays(scene.triangles)
        self._opening_arrays = [arrays(layers) for layers in scene.openings]
        self._load_margins(scene.margins)
        self._still = keep(context.framebuffer([keep(texture(context, scene.behind))]))
        still = self._image_arrays.get("still")
        if still is not None:
            # Shoulders never move: they are drawn once, with the background.
            self._place(portrait.vertices)
            self._still.use()
            self._photo.use(0)
            context.enable_only(moderngl.BLEND)
            self._blend_over()
            still.render()

    def _load_margins(self, margins: Margins) -> None:
        context, keep = self._context, self._keep
        self._around_margins = np.empty((len(margins.rows), 3), np.float32)
        self._margin_positions = keep(context.buffer(reserve=self._around_margins.nbytes, dynamic=True))
        attributes = keep(context.buffer(margins.attributes.tobytes()))
        index = keep(context.buffer(margins.triangles.astype(np.uint32).tobytes()))
        content = [
            (self._margin_positions, "3f 3f 3f", "before", "position", "after"),
            (attributes, "2f 4f 1f", "texture_at", "look", "beyond"),
        ]
        self._margins = keep(context.vertex_array(self._programs["margin"], content, index))

    def _keep(self, held: _Held) -> _Held:
        """Register an OpenGL object to be freed with this scene."""
        self._loaded.callback(held.release)
        return held

    def _blend_over(self) -> None:
        self._context.blend_func = OVER  # type: ignore[assignment]  # moderngl declares two of the four that it takes

    def _set_all(self, name: str, value: float | tuple[float, ...] | Floats) -> None:
        """Set a uniform in every program that has it."""
        for program in self._programs:
            if (program, name) in self._uniforms:
                if isinstance(value, np.ndarray):
                    self._uniforms[program, name].write(np.ascontiguousarray(value, np.float32))
                else:
                    self._uniforms[program, name].value = value

    def _set_window(self) -> None:
        """Map the pixels of the photo to the image. Rows go down, so that the first row in memory is the top one."""
        scale, (x, y) = 2 * self._scene.zoom, self._scene.shift.tolist()
        width, height = self._width, self._height
        self._set_all("window", (scale / width, scale / height, 2 * x / width - 1, 2 * y / height - 1))
        self._set_all("half_size", (width / 2, height / 2))

    def render(self, motion: MotionFrame) -> Picture:
        """A picture uint8 (height, width, 3), BGR, top row first; a transparent background adds alpha.

        Args:
            motion: 52 coefficients, clipped to 0..1, and the head pose (radians, metres); see `face.motion`.
        Raises:
            ValueError: numbers that are not finite, or not 52 and 6.
        """
        vertices = self._animation.pose(motion.values, motion.head_pose)
        with self._context:  # another renderer of this thread may have been drawing
            self._draw(vertices, motion)
        if self.view.transparent:
            return self.view.oriented(straight(self._pixels))
        return self.view.oriented(np.asarray(cv2.cvtColor(self._pixels, cv2.COLOR_RGBA2BGR), np.uint8))

    def _draw(self, vertices: NDArray[np.float32], motion: MotionFrame) -> None:
        context, values = self._context, motion.values
        self._place(vertices)
        self._blend_over()
        context.front_face = "cw"  # rows go down, which reverses the sense of every triangle
        self._photo.use(0)
        self._iris.use(IRIS_UNIT)
        self._set_all("turn", self._animation.head[:3, :3].T)
        pits = self._animation.dimples(values)
        self._uniforms["skin", "pits"].write(pits)
        facing = bool((np.abs(motion.head_pose[:3]) < LITTLE).all())
        self._draw_image(facing, bool((pits[:, 3] > LEAST_DIMPLE).any()))
        # Skin covers all but the openings between lids and lips; where a turned cheek folds, it would let some through.
        boxes: list[Box | None] = [tuple(box) for box in self._openings.boxes().tolist()]
        if values[TONGUE] > 0:  # a tongue that is out covers skin
            boxes[MOUTH] = None
        self._draw_openings(boxes, values)
        self._finish()
        self._target.read_into(self._pixels, components=4, alignment=1)

    def _place(self, vertices: NDArray[np.float32]) -> None:
        """Write the positions of the vertices (n, 3) of the portrait for the next draws."""
        self._positions.write(vertices.take(self._scene.rows, axis=0, mode="clip", out=self._laid))
        around = vertices.take(self._scene.margins.rows, axis=0, mode="clip", out=self._around_margins)
        self._margin_positions.write(around)

    def _draw_image(self, facing: bool, dimpled: bool) -> None:
        """Draw all but eyes and mouth."""
        context, arrays = self._context, self._image_arrays
        self._target.color_mask = NOTHING  # the copy overwrites all colours
        self._target.use()
        self._target.clear(depth=1.0)
        self._target.color_mask = ALL
        self._target.use()
        context.copy_framebuffer(self._target, self._still)
        context.enable_only(moderngl.NOTHING)
        if facing and "solid" in arrays:
            arrays["solid"].render()
        context.enable(moderngl.BLEND)
        if (name := "edge" if facing else "sheet") in arrays:
            arrays[name].render()
        # The skin before what lies behind it: the depth test then skips most of that.
        opaque: tuple[str, ...]
        if facing:
            opaque, blended = (("firm",), ("fading", "skin")) if dimpled else (("firm", "cheeks"), ("fading", "tinted"))
        else:
            opaque, blended = (), ("plain", "skin")
        context.enable_only(moderngl.DEPTH_TEST | moderngl.CULL_FACE)
        for name in opaque:
            if name in arrays:
                arrays[name].render()
        context.enable(moderngl.BLEND)
        for name in blended:
            if name in arrays:
                arrays[name].render()
        context.disable(moderngl.CULL_FACE)

    def _draw_openings(self, boxes: list[Box | None], values: Floats) -> None:
        """Draw the eyes and the mouth, each in a box of pixels (None: everywhere), their margins and the lashes."""
        gaze = self._animation.gaze(values)
        for opening, box in enumerate(boxes):
            self._target.scissor = box  # type: ignore[assignment]  # moderngl: None for all
            self._draw_opening(opening, gaze)
        self._target.scissor = None  # type: ignore[assignment]
        self._margins.render()
        if "lashes" in self._image_arrays:
            self._image_arrays["lashes"].render()

    def _draw_opening(self, opening: int, gaze: Floats) -> None:
        """Draw what lies behind the lids of an eye or behind the lips; `gaze` as of `Animation.gaze`."""
        uniforms, arrays, mouth = self._uniforms, self._opening_arrays[opening], opening == MOUTH
        light = self._openings.mouth_light() if mouth else OUTSIDE
        if not mouth:  # before the flesh around it: the depth test then skips what it hides
            self._draw_eye(opening, gaze[opening])
        uniforms["inside", "slab"].value = shaders.MOUTH_SLAB if mouth else shaders.SOCKET_SLAB
        for name in ("inside", "teeth") if mouth else ("inside",):
            if name in arrays:
                uniforms[name, "mouth_depth"].value = light.depth
                uniforms[name, "mouth_light"].value = light.share
                uniforms[name, "upper_lip"].value = light.lip
                arrays[name].render()

    def _draw_eye(self, eye: int, turn: NDArray[np.float32]) -> None:
        portrait, uniforms, animation = self._portrait, self._uniforms, self._animation
        (ball, iris, yaw, pitch), lids = portrait.eyes[eye].tolist(), portrait.lids[eye]
        place = animation.head[:3, :3] @ portrait.eye_centres[eye] + animation.head[:3, 3]
        socket = animation.socket()
        upper_lid = animation.vertices[lids[len(lids) // 4]]
        uniforms["eye", "socket"].write(np.ascontiguousarray(socket.T))
        uniforms["eye", "centre"].write(place)
        uniforms["eye", "radius"].value = ball
        uniforms["eye", "iris"].value = REACH * iris / ball
        uniforms["eye", "gaze"].write(
            np.ascontiguousarray(animation.eye_axes(yaw + float(turn[0]), pitch + float(turn[1])).T)
        )
        uniforms["eye", "lid"].value = float(socket[:, 1] @ (upper_lid - place)) / ball
        self._eye.render()

    def close(self) -> None:
        """Free the context; the renderer cannot be used afterwards."""
        self._context.release()

    def __enter__(self) -> "OpenGLRenderer":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
