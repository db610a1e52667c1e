"""Draws a portrait with OpenGL through EGL: on the GPU if there is one, else with Mesa's software renderer."""

import math
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
from dystream_ros.rendering.animation import Animation
from dystream_ros.rendering.camera import Camera
from dystream_ros.rendering.interfaces import PreparedView
from dystream_ros.rendering.layers import Patch
from dystream_ros.rendering.opengl import eye_cap, finisher, layer_array, open_context, straight, texture
from dystream_ros.rendering.portrait import Floats, Indices, Picture, Portrait
from dystream_ros.rendering.scene import Scene, make_scene
from dystream_ros.rendering.view import View

SHEET = ("still", "sheet", "solid", "edge")
LITTLE = (0.3, 0.2, 0.25)  # radians of roll, pitch and yaw; the sheet does not fold if the head turns less than this
FINER = 2  # resolution of a patch over that of the image
# Largest width and height of a patch, metres: an eye, and a mouth with an open jaw.
EYE_ROOM, MOUTH_ROOM = (0.062, 0.050), (0.105, 0.105)
PROGRAMS = {
    "sheet": (shaders.LAYER_VERTEX, shaders.SHEET_FRAGMENT),
    "plain": (shaders.PLAIN_VERTEX, shaders.PLAIN_FRAGMENT),
    "skin": (shaders.SKIN_VERTEX, shaders.SKIN_FRAGMENT),
    "inside": (shaders.LAYER_VERTEX, shaders.INSIDE_FRAGMENT),
    "teeth": (shaders.LAYER_VERTEX, shaders.TEETH_FRAGMENT),
    "lashes": (shaders.LAYER_VERTEX, shaders.LASHES_FRAGMENT),
    "eye": (shaders.EYE_VERTEX, shaders.EYE_FRAGMENT),
    "patch": (shaders.PATCH_VERTEX, shaders.PATCH_FRAGMENT),
}
SKIN = ("plain", "skin")
IMAGE_PROGRAMS = ("sheet", *SKIN)
EYE_PROGRAMS, MOUTH_PROGRAMS = (*SKIN, "inside", "eye", "lashes"), (*SKIN, "inside", "teeth")
TONGUE = ARKIT_INDEX["tongueOut"]
NOTHING, ALL = (False,) * 4, (True,) * 4  # of the colours
SHADING_LIPS = 0.013  # metres of protrusion of the upper lip that reduce the light in the mouth to 1/e
# Alpha adds up, so that the image is premultiplied on a transparent background.
OVER = (moderngl.SRC_ALPHA, moderngl.ONE_MINUS_SRC_ALPHA, moderngl.ONE, moderngl.ONE_MINUS_SRC_ALPHA)
NARROWING = 1.5  # how much deeper the mouth appears per metre that lips protrude


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
        square = context.buffer(np.array([0, 0, 1, 0, 0, 1, 0, 1, 1, 0, 1, 1], np.float32).tobytes())
        self._boxes = context.buffer(reserve=3 * 6 * 4, dynamic=True)
        self._rectangles = context.vertex_array(
            self._programs["patch"], [(square, "2f", "corner"), (self._boxes, "4f 2f/i", "box", "place")]
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
        self._camera = Camera(*portrait.camera.tolist())
        marks = [*(patch.marks for patch in scene.patches), *portrait.lids, portrait.lips]
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
        self._uniforms["patch", "to_clip"].value = tuple((2 / np.array(size)).tolist())
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
        self._laid = np.empty((len(scene.rows), 3), np.float32)
        self._positions = keep(context.buffer(reserve=self._laid.nbytes, dynamic=True))
        attributes = keep(context.buffer(scene.attributes.tobytes()))

        def arrays(layers: dict[str, Indices]) -> dict[str, moderngl.VertexArray]:
            made = {}
            for name, triangles in layers.items():
                if len(triangles):
                    program = self._programs["sheet" if name in SHEET else name]
                    array, index = layer_array(context, program, self._positions, attributes, triangles)
                    made[name] = keep(array)
                    keep(index)
            return made

        self._image_arrays = arrays(scene.triangles)
        self._patch_arrays = [arrays(patch.triangles) for patch in scene.patches]
        self._still = keep(context.framebuffer([keep(texture(context, scene.behind))]))
        still = self._image_arrays.get("still")
        if still is not None:
            # Shoulders never move: they are drawn once, with the background.
            self._place(portrait.vertices)
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

    def _set_all(self, name: str, value: float | tuple[float, ...] | Floats) -> None:
        """Set a uniform in every program that has it."""
        for program in self._programs:
            if (program, name) in self._uniforms:
                if isinstance(value, np.ndarray):
                    self._uniforms[program, name].write(np.ascontiguousarray(value, np.float32))
                else:
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
        self._set_all("turn", self._animation.head[:3, :3].T)
        self._uniforms["skin", "pits"].write(self._animation.dimples(values))
        facing = bool((np.abs(motion.head_pose[:3]) < LITTLE).all())
        self._draw_image(facing)
        windows, openings = self._boxes_of_patches()
        if not facing:
            openings = windows
        elif values[TONGUE] > 0:  # a tongue that is out covers skin
            openings[-1] = windows[-1]
        self._draw_patches(windows, openings, values)
        self._target.use()
        context.enable_only(moderngl.BLEND)
        self._lay_patches(windows)
        self._finish()
        self._target.read_into(self._pixels, components=4, alignment=1)

    def _place(self, vertices: NDArray[np.float32]) -> None:
        """Write the positions of the vertices (n, 3) of the portrait for the next draws."""
        self._positions.write(vertices.take(self._scene.rows, axis=0, mode="clip", out=self._laid))

    def _draw_image(self, facing: bool) -> None:
        """Draw all but the patches; the software renderer shades this while the patches are prepared."""
        context, arrays = self._context, self._image_arrays
        self._target.color_mask = NOTHING  # the copy overwrites all colours
        self._target.use()
        self._target.clear(depth=1.0)
        self._target.color_mask = ALL
        self._target.use()
        context.copy_framebuffer(self._target, self._still)
        self._set_window((0, 0, self._width, self._height), IMAGE_PROGRAMS)
        context.enable_only(moderngl.NOTHING)
        if facing and "solid" in arrays:
            arrays["solid"].render()
        context.enable(moderngl.BLEND)
        if (name := "edge" if facing else "sheet") in arrays:
            arrays[name].render()
        self._draw_skin(arrays)

    def _draw_patches(self, windows: NDArray[np.int64], openings: NDArray[np.int64], values: Floats) -> None:
        """Draw the eyes and the mouth into their texture, at FINER times the resolution."""
        depth, light = self._mouth_depth(self._animation.vertices), self._mouth_light()
        self._uniforms["teeth", "mouth_depth"].value, self._uniforms["teeth", "mouth_light"].value = depth, light
        self._patch.use()
        self._patch.clear(depth=1.0)
        gaze = self._animation.gaze(values)
        moved = self._places - windows[:, :2]
        openings = FINER * (openings + np.pad(moved, ((0, 0), (0, 2))))
        places, boxes, scissors = self._places.tolist(), windows.tolist(), map(tuple, openings.tolist())
        for patch, arrays, place, window, opening in zip(
            self._scene.patches, self._patch_arrays, places, boxes, scissors, strict=True
        ):
            left, top, width, height = window
            self._patch.viewport = (FINER * place[0], FINER * place[1], FINER * width, FINER * height)
            mouth = patch.eye is None
            self._uniforms["inside", "slab"].value = shaders.MOUTH_SLAB if mouth else shaders.SOCKET_SLAB
            self._uniforms["inside", "mouth_depth"].value = depth if mouth else shaders.ALL_LIT
            self._uniforms["inside", "mouth_light"].value = light if mouth else (1.0, 1.0, 1.0)
            self._set_window((left, top, width, height), MOUTH_PROGRAMS if mouth else EYE_PROGRAMS)
            self._draw_patch(patch, arrays, gaze, opening)

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

    def _boxes_of_patches(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The windows of the patches, and what lids and lips leave open in each.

        Both are int (patches, 4): left, top, width and height in pixels of the image.
        """
        camera, zoom, shift = self._camera, self._scene.zoom, self._scene.shift
        points = self._animation.vertices.take(self._marks, axis=0, mode="clip")
        # `Camera.project`, but for what is the same at every point: that is left to the corners of the boxes.
        flat = points[:, :2] / (camera.distance - points[:, 2:])
        ends = np.stack([np.minimum.reduceat(flat, self._starts), np.maximum.reduceat(flat, self._starts)])
        scale = camera.scale * camera.distance * zoom
        pixels = ends.astype(np.float64) * (scale, -scale) + (np.array((camera.x, camera.y)) * zoom + shift)
        low = np.floor(pixels.min(axis=0)).astype(int) - 1
        high = np.ceil(pixels.max(axis=0)).astype(int) + 1
        size, patches = high - low, len(self._room)
        size[:patches] = np.minimum(size[:patches], self._room)
        boxes = np.hstack([(low + high - size) // 2, size])
        return boxes[:patches], boxes[patches:]

    def _draw_patch(
        self, patch: Patch, arrays: dict[str, moderngl.VertexArray], gaze: Floats, opening: tuple[int, int, int, int]
    ) -> None:
        # The skin first: the depth test then skips what lies behind it.
        self._draw_skin(arrays)
        # Skin covers all but the opening between lids or lips.
        self._patch.scissor = opening
        for name in ("inside", "teeth"):
            if name in arrays:
                arrays[name].render()
        if patch.eye is not None:
            self._draw_eye(patch.eye, gaze[patch.eye])
        self._patch.scissor = None  # type: ignore[assignment]  # moderngl: none
        if "lashes" in arrays:
            arrays["lashes"].render()

    def _lay_patches(self, windows: NDArray[np.int64]) -> None:
        """Lay the eyes and the mouth over the image."""
        self._boxes.write(np.hstack([windows, self._places]).astype(np.float32))
        self._context.blend_func = moderngl.ONE, moderngl.ONE_MINUS_SRC_ALPHA
        self._patch_picture.use(0)
        self._rectangles.render(moderngl.TRIANGLES, instances=len(windows))

    def _draw_skin(self, arrays: dict[str, moderngl.VertexArray]) -> None:
        context = self._context
        context.enable_only(moderngl.DEPTH_TEST | moderngl.BLEND | moderngl.CULL_FACE)
        for name in SKIN:
            if name in arrays:
                arrays[name].render()
        context.disable(moderngl.CULL_FACE)

    def _draw_eye(self, eye: int, turn: NDArray[np.float32]) -> None:
        portrait, uniforms, animation = self._portrait, self._uniforms, self._animation
        (ball, iris, yaw, pitch), lids = portrait.eyes[eye].tolist(), portrait.lids[eye]
        place = animation.head[:3, :3] @ portrait.eye_centres[eye] + animation.head[:3, 3]
        socket = animation.socket()
        upper_lid = animation.vertices[lids[len(lids) // 4]]
        uniforms["eye", "socket"].write(np.ascontiguousarray(socket.T))
        uniforms["eye", "centre"].write(place)
        uniforms["eye", "radius"].value = ball
        uniforms["eye", "iris"].value = iris / ball
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
