"""Draws a portrait with OpenGL through EGL: on the GPU if there is one, else with Mesa's software renderer."""

import math
from contextlib import ExitStack
from types import TracebackType
from typing import Protocol, TypeVar

import cv2
import moderngl
import numpy as np
from numpy.typing import NDArray

from dystream_ros.face.motion import MotionFrame
from dystream_ros.rendering import shaders
from dystream_ros.rendering.animation import Animation
from dystream_ros.rendering.camera import Camera
from dystream_ros.rendering.interfaces import PreparedView
from dystream_ros.rendering.opengl import eye_cap, layer_array, open_context, straight, texture
from dystream_ros.rendering.portrait import Picture, Portrait
from dystream_ros.rendering.scene import Patch, Scene, make_scene
from dystream_ros.rendering.view import View

FINER = 2  # resolution of a patch over that of the image
# Largest width and height of a patch, metres: an eye, and a mouth with an open jaw.
EYE_ROOM, MOUTH_ROOM = (0.062, 0.050), (0.105, 0.105)
PROGRAMS = {
    "sheet": (shaders.LAYER_VERTEX, shaders.SHEET_FRAGMENT),
    "skin": (shaders.SKIN_VERTEX, shaders.SKIN_FRAGMENT),
    "inside": (shaders.LAYER_VERTEX, shaders.INSIDE_FRAGMENT),
    "teeth": (shaders.LAYER_VERTEX, shaders.TEETH_FRAGMENT),
    "lashes": (shaders.LAYER_VERTEX, shaders.LASHES_FRAGMENT),
    "eye": (shaders.EYE_VERTEX, shaders.EYE_FRAGMENT),
    "patch": (shaders.PATCH_VERTEX, shaders.PATCH_FRAGMENT),
}
IMAGE_PROGRAMS = ("sheet", "skin")
EYE_PROGRAMS, PATCH_PROGRAMS = ("skin", "inside", "eye", "lashes"), ("skin", "inside", "teeth")
SHADING_LIPS = 0.013  # metres of protrusion of the upper lip that reduce the light in the mouth to 1/e
# Alpha adds up, so that the image is premultiplied on a transparent background.
OVER = (moderngl.SRC_ALPHA, moderngl.ONE_MINUS_SRC_ALPHA, moderngl.ONE, moderngl.ONE_MINUS_SRC_ALPHA)
NARROWING = 1.5  # how much deeper the mouth appears per metre that lips protrude


class _Releasable(Protocol):
    def release(self) -> None: ...


_Held = TypeVar("_Held", bound=_Releasable)


class OpenGLRenderer:
    """Draws one portrait at a time; create, use and close it in one thread.

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
        self._loaded = ExitStack()
        try:
            with context:
                self._compile()
                self._load(scene)
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
        self._corners = context.buffer(reserve=3 * 6 * 16, dynamic=True)
        self._rectangles = context.vertex_array(self._programs["patch"], [(self._corners, "2f 2f", "corner", "origin")])

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
        self._camera = Camera(*portrait.camera.tolist())
        marks = [patch.marks for patch in scene.patches]
        self._marks, self._starts = np.concatenate(marks), np.cumsum([0, *map(len, marks[:-1])])
        self.view, (self._width, self._height) = scene.view, scene.view.upright
        size = (self._width, self._height)
        self._target = keep(
            context.framebuffer([keep(context.renderbuffer(size, 4))], keep(context.depth_renderbuffer(size)))
        )
        self._pixels = np.empty((self._height, self._width, 4), np.uint8)
        self._room = [
            tuple(int(np.ceil(side * float(portrait.camera[0]) * scene.zoom)) for side in room)
            for room in (EYE_ROOM, EYE_ROOM, MOUTH_ROOM)
        ]
        # Places in the texture of all patches: both eyes beside each other, the mouth below.
        self._places = np.array([(0, 0), (self._room[0][0], 0), (0, self._room[0][1])])
        self._to_clip = 2 / np.array(size)
        fine = FINER * max(2 * self._room[0][0], self._room[2][0]), FINER * (self._room[0][1] + self._room[2][1])
        self._patch_picture = keep(context.texture(fine, 4))
        self._patch = keep(context.framebuffer([self._patch_picture], keep(context.depth_renderbuffer(fine))))
        self._uniforms["patch", "finer"].value = tuple((FINER / np.array(fine)).tolist())
        self._set_all("camera", tuple(portrait.camera.tolist()))
        for name, colour in zip(("iris_colour", "white", "tooth"), portrait.colours.tolist(), strict=True):
            self._set_all(name, tuple(colour))
        self._set_all("slab", -0.5)
        # Offsets in depth only. They keep tight lips in front of the teeth, and lids in front of an eye.
        for name, slab in (("sheet", 0.5), ("teeth", shaders.MOUTH_SLAB), ("eye", shaders.EYE_SLAB)):
            self._uniforms[name, "slab"].value = slab
        self._photo = keep(texture(context, scene.photo))
        self._positions = keep(context.buffer(reserve=portrait.vertices.shape[0] * 12, dynamic=True))
        attributes = keep(context.buffer(scene.attributes.tobytes()))

        def array(name: str, triangles: NDArray[np.integer]) -> moderngl.VertexArray:
            made, index = layer_array(context, self._programs[name], self._positions, attributes, triangles)
            keep(index)
            return keep(made)

        self._sheet, self._skin = (array(name, scene.triangles[name]) for name in ("sheet", "skin"))
        self._patch_arrays = [
            {name: array(name, triangles) for name, triangles in patch.triangles.items() if len(triangles)}
            for patch in scene.patches
        ]
        self._still = keep(context.framebuffer([keep(texture(context, scene.behind))]))
        if len(scene.triangles["still"]):
            still = array("sheet", scene.triangles["still"])
            # Shoulders never move: they are drawn once, with the background.
            self._positions.write(np.ascontiguousarray(portrait.vertices, np.float32))
            self._set_window((0, 0, *size), IMAGE_PROGRAMS)
            self._still.use()
            self._photo.use(0)
            context.enable_only(moderngl.BLEND)
            self._blend_over()
            still.render()

    def _keep(self, held: _Held) -> _Held:
        """Register an OpenGL object to be freed with this scene."""
        self._loaded.callback(held.release)
        return held

    def _blend_over(self) -> None:
        self._context.blend_func = OVER  # type: ignore[assignment]  # moderngl declares two of the four that it takes

    def _set_all(self, name: str, value: float | tuple[float, ...]) -> None:
        """Set a uniform in every program that has it."""
        for program in self._programs:
            if (program, name) in self._uniforms:
                self._uniforms[program, name].value = value

    def _set_window(self, window: tuple[int, int, int, int], programs: tuple[str, ...]) -> None:
        """Map a rectangle of the image (left, top, width, height; pixels) to the whole of the target.

        Rows go down, so that the first row in memory is the top one.
        """
        left, top, width, height = window
        scale, (x, y) = 2 * self._scene.zoom, self._scene.shift.tolist()
        mapping = (scale / width, scale / height, 2 * (x - left) / width - 1, 2 * (y - top) / height - 1)
        for name in programs:
            self._uniforms[name, "window"].value = mapping

    def render(self, motion: MotionFrame) -> Picture:
        """A picture uint8 (height, width, 3), BGR, top row first; a transparent background adds alpha.

        Args:
            motion: 52 coefficients, clipped to 0..1, and the head pose (radians, metres); see `face.motion`.
        Raises:
            ValueError: numbers that are not finite, or not 52 and 6.
        """
        vertices = self._animation.pose(motion.values, motion.head_pose)
        with self._context:  # another renderer of this thread may have been drawing
            self._draw(vertices, motion.values)
        if self.view.transparent:
            return self.view.oriented(straight(self._pixels))
        return self.view.oriented(np.asarray(cv2.cvtColor(self._pixels, cv2.COLOR_RGBA2BGR), np.uint8))

    def _draw(self, vertices: NDArray[np.float32], values: NDArray[np.float32]) -> None:
        context = self._context
        self._positions.write(vertices)
        context.enable_only(moderngl.DEPTH_TEST | moderngl.BLEND)
        self._blend_over()
        context.front_face = "cw"  # rows go down, which reverses the sense of every triangle
        self._photo.use(0)
        depth, light = self._mouth_depth(vertices), self._mouth_light()
        self._uniforms["teeth", "mouth_depth"].value, self._uniforms["teeth", "mouth_light"].value = depth, light
        self._uniforms["skin", "turn"].write(np.ascontiguousarray(self._animation.head[:3, :3].T))
        self._uniforms["skin", "pits"].write(self._animation.dimples(values))
        windows = self._windows()
        self._patch.use()
        self._patch.clear(depth=1.0)
        gaze = self._animation.gaze(values)
        for patch, arrays, place, window in zip(
            self._scene.patches, self._patch_arrays, self._places.tolist(), windows.tolist(), strict=True
        ):
            left, top, width, height = window
            self._patch.viewport = (FINER * place[0], FINER * place[1], FINER * width, FINER * height)
            mouth = patch.eye is None
            self._uniforms["inside", "slab"].value = shaders.MOUTH_SLAB if mouth else shaders.SOCKET_SLAB
            self._uniforms["inside", "mouth_depth"].value = depth if mouth else shaders.ALL_LIT
            self._uniforms["inside", "mouth_light"].value = light if mouth else (1.0, 1.0, 1.0)
            self._set_window((left, top, width, height), PATCH_PROGRAMS if mouth else EYE_PROGRAMS)
            self._draw_patch(patch, arrays, gaze)

        self._target.use()
        self._target.clear(depth=1.0)
        context.copy_framebuffer(self._target, self._still)
        self._set_window((0, 0, self._width, self._height), IMAGE_PROGRAMS)
        context.disable(moderngl.DEPTH_TEST)
        self._sheet.render()
        context.enable(moderngl.DEPTH_TEST)
        self._draw_skin(self._skin)
        context.disable(moderngl.DEPTH_TEST)
        self._lay_patches(windows)
        self._target.read_into(self._pixels, components=4, alignment=1)

    def _mouth_depth(self, vertices: NDArray[np.float32]) -> float:
        """z (metres) at which light starts to fall off into the mouth: that of the lips, more if they protrude."""
        lips, head = vertices[self._portrait.lips], self._animation.head
        at_rest = (lips - head[:3, 3]) @ head[:3, 2]
        reach = max(0.0, float(at_rest.max() - self._portrait.mouth_depth))
        return float(lips[:, 2].max()) + NARROWING * reach

    def _mouth_light(self) -> tuple[float, float, float]:
        """Share of red, green and blue light that enters the mouth: 1 at rest, less if the upper lip protrudes."""
        head, portrait = self._animation.head, self._portrait
        upper, ahead = portrait.lips[: len(portrait.lips) // 2 + 1], portrait.rotation[:, 2]
        now = (self._animation.vertices[upper] - head[:3, 3]) @ (head[:3, :3] @ ahead)
        out = float(now.max() - (portrait.vertices[upper] @ ahead).max())
        light = math.exp(-max(out - 0.001, 0.0) / SHADING_LIPS)
        return light**0.8, light**1.2, light**1.3  # flesh reflects red light

    def _windows(self) -> NDArray[np.int64]:
        """int (patches, 4): left, top, width and height, in pixels, of the box around the marks of each patch."""
        seen = self._camera.project(self._animation.vertices[self._marks]) * self._scene.zoom + self._scene.shift
        low = np.floor(np.minimum.reduceat(seen, self._starts)).astype(int) - 1
        high = np.ceil(np.maximum.reduceat(seen, self._starts)).astype(int) + 1
        size = np.minimum(high - low, self._room)
        return np.hstack([(low + high - size) // 2, size])

    def _draw_patch(self, patch: Patch, arrays: dict[str, moderngl.VertexArray], gaze: NDArray[np.float32]) -> None:
        # The skin first: the depth test then skips what lies behind it.
        self._draw_skin(arrays["skin"])
        for name in ("inside", "teeth"):
            if name in arrays:
                arrays[name].render()
        if patch.eye is not None:
            self._draw_eye(patch.eye, gaze[patch.eye])
        if "lashes" in arrays:
            arrays["lashes"].render()

    def _lay_patches(self, windows: NDArray[np.int64]) -> None:
        """Lay the eyes and the mouth over the image."""
        low = windows[:, :2]
        places = np.stack([low, low + windows[:, 2:]], axis=1) * self._to_clip - 1  # (patches, low and high, 2)
        corners = np.empty((len(windows), 6, 4), np.float32)
        corners[..., 0] = places[:, [0, 1, 0, 0, 1, 1], 0]
        corners[..., 1] = places[:, [0, 0, 1, 1, 0, 1], 1]
        corners[..., 2:] = (low - self._places)[:, None]
        self._corners.write(corners)
        self._context.blend_func = moderngl.ONE, moderngl.ONE_MINUS_SRC_ALPHA
        self._patch_picture.use(0)
        self._rectangles.render(moderngl.TRIANGLES)

    def _draw_skin(self, array: moderngl.VertexArray) -> None:
        self._context.enable(moderngl.CULL_FACE)
        array.render()
        self._context.disable(moderngl.CULL_FACE)

    def _draw_eye(self, eye: int, turn: NDArray[np.float32]) -> None:
        portrait, uniforms, head = self._portrait, self._uniforms, self._animation.head
        (ball, iris, yaw, pitch), lids = portrait.eyes[eye], portrait.lids[eye]
        place = head[:3, :3] @ portrait.eye_centres[eye] + head[:3, 3]
        gaze = self._animation.eye_axes(float(yaw + turn[0]), float(pitch + turn[1]))
        up = head[:3, :3] @ portrait.rotation[:, 1]
        upper_lid = self._animation.vertices[lids[len(lids) // 4]]
        uniforms["eye", "socket"].write(np.ascontiguousarray((head[:3, :3] @ portrait.rotation).T))
        uniforms["eye", "centre"].write(place)
        uniforms["eye", "radius"].value = float(ball)
        uniforms["eye", "iris"].value = float(iris / ball)
        uniforms["eye", "gaze"].write(np.ascontiguousarray(gaze.T))
        uniforms["eye", "lid"].value = float(up @ (upper_lid - place) / ball)
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
