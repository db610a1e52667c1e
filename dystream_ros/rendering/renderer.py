"""Renders a portrait with OpenGL through EGL: on the GPU where there is one, else in Mesa's software renderer."""

import math
from contextlib import ExitStack

import cv2
import moderngl
import numpy as np

from dystream_ros.rendering import shaders
from dystream_ros.rendering.animation import Animation
from dystream_ros.rendering.camera import Camera
from dystream_ros.rendering.gl import eye_cap, layer_array, open_context, picture, straight
from dystream_ros.rendering.portrait import Portrait
from dystream_ros.rendering.scene import Patch, Scene, make_scene
from dystream_ros.rendering.view import View

FINER = 2  # how much finer patches are drawn than the image
# Metres across and down that a patch has room for: an eye, and a mouth with an open jaw.
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
SHADING_LIPS = 0.013  # metres that the upper lip protrudes to leave a 1/e of the light in the mouth
# Alpha adds up, so that what is drawn on nothing ends up premultiplied.
OVER = (moderngl.SRC_ALPHA, moderngl.ONE_MINUS_SRC_ALPHA, moderngl.ONE, moderngl.ONE_MINUS_SRC_ALPHA)
NARROWING = 1.5  # times that lips reach out, by which the light in the mouth is less


class Renderer:
    """Draws one portrait at a time; make, use and close it in one thread.

    Args:
        portrait: of `load_portrait`.
        width, height: of the images, 16 to 8192 pixels.
        look: further fields of `View`: framing, background, mirror, rotation.
    Raises:
        RenderingUnavailable: OpenGL 3.3 can not be had through EGL.
        ValueError: a field of `View` that is not accepted.
        PortraitError: a background that can not be had.
    """

    name = "opengl"

    def __init__(self, portrait: Portrait, width: int = 512, height: int = 512, **look: object) -> None:
        scene = self.prepare(portrait, View(width, height, **look))
        self._context = context = open_context()
        self.device = context.info["GL_RENDERER"]
        with context:
            self._programs = {
                name: context.program(vertex_shader=v, fragment_shader=f) for name, (v, f) in PROGRAMS.items()
            }
            directions, cap = eye_cap()
            self._eye = context.vertex_array(
                self._programs["eye"],
                [(context.buffer(directions.tobytes()), "3f", "direction")],
                context.buffer(cap.tobytes()),
            )
            self._corners = context.buffer(reserve=3 * 6 * 16, dynamic=True)
            self._rectangles = context.vertex_array(
                self._programs["patch"], [(self._corners, "2f 2f", "corner", "origin")]
            )
        self._loaded = ExitStack()
        self._scene: Scene | None = None
        self.show(scene)

    @staticmethod
    def prepare(portrait: Portrait, view: View) -> Scene:
        """What `show` takes, made without OpenGL: call it in any thread. Raises `PortraitError`."""
        return make_scene(portrait, view)

    def show(self, scene: Scene) -> None:
        """Draw another portrait, or another view of it, from the next image on: a few milliseconds.

        What OpenGL can not hold is raised, and the portrait stays as it was.
        """
        before, self._loaded, kept = self._loaded, ExitStack(), self._scene
        with self._context:
            try:
                self._load(scene)
            except Exception:
                self._loaded.close()
                self._loaded = ExitStack()
                if kept is not None:
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
        self.width, self.height = scene.view.width, scene.view.height
        size = (self._width, self._height)
        self._target = keep(
            context.framebuffer([keep(context.renderbuffer(size, 4))], keep(context.depth_renderbuffer(size)))
        )
        self._pixels = np.empty((self._height, self._width, 4), np.uint8)
        self._room = [
            tuple(int(np.ceil(side * float(portrait.camera[0]) * scene.zoom)) for side in room)
            for room in (EYE_ROOM, EYE_ROOM, MOUTH_ROOM)
        ]
        # Both eyes beside each other, the mouth below.
        self._places = np.array([(0, 0), (self._room[0][0], 0), (0, self._room[0][1])])
        self._to_clip = 2 / np.array(size)
        fine = FINER * max(2 * self._room[0][0], self._room[2][0]), FINER * (self._room[0][1] + self._room[2][1])
        self._patch_picture = keep(context.texture(fine, 4))
        self._patch = keep(context.framebuffer([self._patch_picture], keep(context.depth_renderbuffer(fine))))
        self._programs["patch"]["finer"].value = tuple((FINER / np.array(fine)).tolist())
        self._set("camera", tuple(portrait.camera.tolist()))
        for name, colour in zip(("iris_colour", "white", "tooth"), portrait.colours.tolist(), strict=True):
            self._set(name, tuple(colour))
        self._set("slab", -0.5)
        # Back in depth only: lips drawn tight never cut into the teeth, nor lids into an eye.
        for name, slab in (("sheet", 0.5), ("teeth", shaders.MOUTH_SLAB), ("eye", shaders.EYE_SLAB)):
            self._programs[name]["slab"].value = slab
        self._photo = keep(picture(context, scene.photo))
        self._positions = keep(context.buffer(reserve=portrait.vertices.shape[0] * 12, dynamic=True))
        attributes = keep(context.buffer(scene.attributes.tobytes()))

        def array(name: str, triangles: np.ndarray) -> moderngl.VertexArray | None:
            if not len(triangles):
                return None
            made, index = layer_array(context, self._programs[name], self._positions, attributes, triangles)
            keep(index)
            return keep(made)

        self._sheet, self._skin = (array(name, scene.triangles[name]) for name in ("sheet", "skin"))
        self._patch_arrays = [
            {name: array(name, triangles) for name, triangles in patch.triangles.items()} for patch in scene.patches
        ]
        self._still = keep(context.framebuffer([keep(picture(context, scene.behind))]))
        still = array("sheet", scene.triangles["still"])
        if still is not None:
            # Shoulders that never move belong to what is drawn once.
            self._positions.write(np.ascontiguousarray(portrait.vertices, np.float32))
            self._look_at(0, 0, *size, names=IMAGE_PROGRAMS)
            self._still.use()
            self._photo.use(0)
            context.enable_only(moderngl.BLEND)
            context.blend_func = OVER
            still.render()

    def _keep(self, held):
        """Notes what OpenGL holds of this scene, to be freed with it."""
        self._loaded.callback(held.release)
        return held

    def _set(self, name: str, value) -> None:
        for program in self._programs.values():
            if name in program:
                program[name].value = value

    def _look_at(self, left: int, top: int, width: int, height: int, names: tuple[str, ...]) -> None:
        """Maps a rectangle of the image to all that is drawn into; rows go down, so the first in memory is the top."""
        twice, (x, y) = 2 * self._scene.zoom, self._scene.shift.tolist()
        window = (twice / width, twice / height, 2 * (x - left) / width - 1, 2 * (y - top) / height - 1)
        for name in names:
            self._programs[name]["window"].value = window

    def render(self, values: np.ndarray, head_pose: np.ndarray) -> np.ndarray:
        """An image uint8 (height, width, 3), BGR, top row first, of 52 coefficients (clipped to 0..1) and a head pose
        (roll, pitch, yaw, x, y, z; radians, metres; `dystream_ros.face.motion`). The image is the caller's own. On a
        transparent background it has 4 channels, BGR and alpha, not premultiplied.

        Raises ValueError for numbers that are not finite or not 52 and 6.
        """
        vertices = self._animation.pose(values, head_pose)
        with self._context:  # another renderer of this thread may have been drawing
            self._draw(vertices, values)
        if self.view.transparent:
            return self.view.turned(straight(self._pixels))
        return self.view.turned(cv2.cvtColor(self._pixels, cv2.COLOR_RGBA2BGR))

    def _draw(self, vertices: np.ndarray, values: np.ndarray) -> None:
        context = self._context
        self._positions.write(vertices)
        context.enable_only(moderngl.DEPTH_TEST | moderngl.BLEND)
        context.blend_func = OVER
        context.front_face = "cw"  # rows that go down turn the sense of every triangle
        self._photo.use(0)
        depth, light = self._mouth_depth(vertices), self._mouth_light()
        self._programs["teeth"]["mouth_depth"].value, self._programs["teeth"]["mouth_light"].value = depth, light
        self._programs["skin"]["turn"].write(np.ascontiguousarray(self._animation.head[:3, :3].T))
        self._programs["skin"]["pits"].write(self._animation.dimples(values))
        windows = self._windows()
        self._patch.use()
        self._patch.clear(depth=1.0)
        gaze = self._animation.gaze(values)
        for patch, arrays, place, window in zip(
            self._scene.patches, self._patch_arrays, self._places.tolist(), windows.tolist(), strict=True
        ):
            self._patch.viewport = tuple(FINER * side for side in (*place, *window[2:]))
            mouth, inside = patch.eye is None, self._programs["inside"]
            inside["slab"].value = shaders.MOUTH_SLAB if mouth else shaders.SOCKET_SLAB
            inside["mouth_depth"].value = depth if mouth else shaders.ALL_LIT
            inside["mouth_light"].value = light if mouth else (1.0, 1.0, 1.0)
            self._look_at(*window, names=PATCH_PROGRAMS if mouth else EYE_PROGRAMS)
            self._draw_patch(patch, arrays, gaze)

        self._target.use()
        self._target.clear(depth=1.0)
        context.copy_framebuffer(self._target, self._still)
        self._look_at(0, 0, self._width, self._height, names=IMAGE_PROGRAMS)
        context.disable(moderngl.DEPTH_TEST)
        self._sheet.render()
        context.enable(moderngl.DEPTH_TEST)
        self._draw_skin(self._skin)
        context.disable(moderngl.DEPTH_TEST)
        self._lay_patches(windows)
        self._target.read_into(self._pixels, components=4, alignment=1)

    def _mouth_depth(self, vertices: np.ndarray) -> float:
        """z from which light falls off into the mouth: the lips', and before them when they reach out and close in."""
        lips, head = vertices[self._portrait.lips], self._animation.head
        at_rest = (lips - head[:3, 3]) @ head[:3, 2]
        reach = max(0.0, float(at_rest.max() - self._portrait.mouth_depth))
        return float(lips[:, 2].max()) + NARROWING * reach

    def _mouth_light(self) -> tuple[float, float, float]:
        """How much red, green and blue protruding lips, as of a funnel, let into the mouth: 1 at rest."""
        head, portrait = self._animation.head, self._portrait
        upper, ahead = portrait.lips[: len(portrait.lips) // 2 + 1], portrait.rotation[:, 2]
        now = (self._animation.vertices[upper] - head[:3, 3]) @ (head[:3, :3] @ ahead)
        out = float(now.max() - (portrait.vertices[upper] @ ahead).max())
        light = math.exp(-max(out - 0.001, 0.0) / SHADING_LIPS)
        return light**0.8, light**1.2, light**1.3  # what comes back from flesh is red

    def _windows(self) -> np.ndarray:
        """int (patches, 4): left, top, width and height in pixels of the box around what each patch alone draws."""
        seen = self._camera.project(self._animation.vertices[self._marks]) * self._scene.zoom + self._scene.shift
        low = np.floor(np.minimum.reduceat(seen, self._starts)).astype(int) - 1
        high = np.ceil(np.maximum.reduceat(seen, self._starts)).astype(int) + 1
        size = np.minimum(high - low, self._room)
        return np.hstack([(low + high - size) // 2, size])

    def _draw_patch(self, patch: Patch, arrays: dict[str, moderngl.VertexArray | None], gaze: np.ndarray) -> None:
        # The skin first: what lies behind it is then not drawn at all.
        self._draw_skin(arrays["skin"])
        for name in ("inside", "teeth"):
            if arrays[name] is not None:
                arrays[name].render()
        if patch.eye is not None:
            self._draw_eye(patch.eye, gaze[patch.eye])
        if arrays["lashes"] is not None:
            arrays["lashes"].render()

    def _lay_patches(self, windows: np.ndarray) -> None:
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

    def _draw_eye(self, eye: int, turn: np.ndarray) -> None:
        portrait, program, head = self._portrait, self._programs["eye"], self._animation.head
        (ball, iris, yaw, pitch), lids = portrait.eyes[eye], portrait.lids[eye]
        place = head[:3, :3] @ portrait.eye_centres[eye] + head[:3, 3]
        gaze = self._animation.eye_axes(float(yaw + turn[0]), float(pitch + turn[1]))
        up = head[:3, :3] @ portrait.rotation[:, 1]
        upper_lid = self._animation.vertices[lids[len(lids) // 4]]
        program["socket"].write(np.ascontiguousarray((head[:3, :3] @ portrait.rotation).T))
        program["centre"].write(place)
        program["radius"].value = float(ball)
        program["iris"].value = float(iris / ball)
        program["gaze"].write(np.ascontiguousarray(gaze.T))
        program["lid"].value = float(up @ (upper_lid - place) / ball)
        self._eye.render()

    def close(self) -> None:
        """Frees the context; the renderer can not be used afterwards."""
        self._context.release()

    def __enter__(self) -> "Renderer":
        return self

    def __exit__(self, *_) -> None:
        self.close()
