"""Renders a portrait with OpenGL through EGL: on the GPU where there is one, else in Mesa's software renderer."""

import cv2
import moderngl
import numpy as np

from dystream_ros.rendering import shaders
from dystream_ros.rendering.animation import Animation
from dystream_ros.rendering.camera import Camera
from dystream_ros.rendering.gl import eye_cap, layer_array, open_context, picture
from dystream_ros.rendering.portrait import LAYERS, Portrait

# Only the eyes and the mouth have edges that need smoothing: they are drawn twice as fine into a patch, which is laid
# over the image. Multisampling costs twice as much with Mesa's software renderer, the more so for the whole image.
FINER = 2
PATCH = (0.116, 0.126)  # metres across and down: lids and lips of a face with an open jaw, and what they alone draw
# Metres from lids and lips. Skin that is nearer than the first is drawn by the patch alone; the patch draws as far as
# the second, or teeth and eyes would show that lie behind skin.
PATCH_ALONE, PATCH_REACH = 0.007, 0.070
PROGRAMS = {
    "still": (shaders.BACKGROUND_VERTEX, shaders.BACKGROUND_FRAGMENT),
    "sheet": (shaders.LAYER_VERTEX, shaders.SHEET_FRAGMENT),
    "skin": (shaders.LAYER_VERTEX, shaders.SKIN_FRAGMENT),
    "inside": (shaders.LAYER_VERTEX, shaders.INSIDE_FRAGMENT),
    "teeth": (shaders.LAYER_VERTEX, shaders.TEETH_FRAGMENT),
    "lashes": (shaders.LAYER_VERTEX, shaders.LASHES_FRAGMENT),
    "eye": (shaders.EYE_VERTEX, shaders.EYE_FRAGMENT),
    "patch": (shaders.PATCH_VERTEX, shaders.PATCH_FRAGMENT),
}


class Renderer:
    """Draws one portrait; make, use and close it in one thread.

    Args:
        portrait: of `load_portrait`; its square covers the image, what juts out on the longer side is cut.
        width, height: of the images, 16 to 8192 pixels.
    Raises:
        RenderingUnavailable: OpenGL 3.3 can not be had through EGL.
    """

    name = "opengl"

    def __init__(self, portrait: Portrait, width: int = 512, height: int = 512) -> None:
        if not (16 <= width <= 8192 and 16 <= height <= 8192):
            raise ValueError(f"an image is 16 to 8192 pixels wide and high, got {width} x {height}")
        self.width, self.height = width, height
        self._portrait, self._animation = portrait, Animation(portrait)
        self._edges = np.concatenate([portrait.lids.ravel(), portrait.lips])
        self._context = context = open_context()
        self.device = context.info["GL_RENDERER"]
        tall, wide = portrait.image.shape[:2]
        self._zoom = max(width / wide, height / tall)
        self._shift = np.array([width - self._zoom * wide, height - self._zoom * tall]) / 2
        scale = float(portrait.camera[0]) * self._zoom
        self._patch_size = tuple(
            int(min(round(side * scale), limit)) for side, limit in zip(PATCH, (width, height), strict=True)
        )
        self._target = context.framebuffer(
            [context.renderbuffer((width, height), 4)], context.depth_renderbuffer((width, height))
        )
        self._still = context.framebuffer([context.renderbuffer((width, height), 4)])
        fine = tuple(FINER * side for side in self._patch_size)
        self._patch_picture = context.texture(fine, 4)
        self._patch = context.framebuffer([self._patch_picture], context.depth_renderbuffer(fine))
        self._pixels = np.empty((height, width, 4), np.uint8)
        with context:
            self._load(context)

    def _load(self, context: moderngl.Context) -> None:
        portrait, zoom = self._portrait, self._zoom
        self._programs = {
            name: context.program(vertex_shader=v, fragment_shader=f) for name, (v, f) in PROGRAMS.items()
        }
        self._set("camera", tuple(portrait.camera.tolist()))
        self._set("mouth_depth", float(portrait.mouth_depth))
        for name, colour in zip(("iris_colour", "white", "tooth"), portrait.colours.tolist(), strict=True):
            self._set(name, tuple(colour))
        self._set("slab", -0.5)
        self._programs["sheet"]["slab"].value = 0.5
        # 7 mm back in depth only: lips drawn tight never cut into the teeth.
        self._programs["inside"]["slab"].value = self._programs["teeth"]["slab"].value = -0.49

        # The photo close to the size it is seen at: it needs no mipmap, which costs as much as all the rest.
        photo = np.dstack([portrait.image, portrait.matte])
        if zoom < 0.8:
            photo = cv2.resize(photo, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_AREA)
        self._photo = picture(context, photo)
        self._positions = context.buffer(reserve=portrait.vertices.shape[0] * 12, dynamic=True)
        fixed = np.hstack([portrait.texture, portrait.look, portrait.opacity[:, None]]).astype(np.float32)
        attributes = context.buffer(np.ascontiguousarray(fixed).tobytes())
        triangles = {name: getattr(portrait, f"triangles_{name}") for name in LAYERS}
        moves = portrait.follow > 0
        moves[portrait.shape_rows] = True
        moves = moves[triangles["sheet"]].any(axis=1)
        still, moving = triangles["sheet"][~moves], triangles["sheet"][moves]
        # From the back to the front: where the sheet folds, the nearer part is drawn last, without a test of depth.
        triangles["sheet"] = moving[np.argsort(portrait.vertices[moving, 2].mean(axis=1), kind="stable")]
        fine = self._needs_patch(triangles["skin"])
        triangles["patch_skin"] = triangles["skin"][(fine < PATCH_REACH).any(axis=1)]
        triangles["skin"] = triangles["skin"][(fine > PATCH_ALONE).any(axis=1)]
        self._arrays = {
            name: layer_array(context, self._programs[name.split("_")[-1]], self._positions, attributes, chosen)
            for name, chosen in triangles.items()
        }
        directions, cap = eye_cap()
        self._arrays["eye"] = context.vertex_array(
            self._programs["eye"],
            [(context.buffer(directions.tobytes()), "3f", "direction")],
            context.buffer(cap.tobytes()),
        )
        corners = context.buffer(np.array([0, 0, 1, 0, 0, 1, 1, 1], np.float32).tobytes())
        self._arrays["patch"] = context.vertex_array(self._programs["patch"], [(corners, "2f", "corner")])

        self._programs["still"]["size"].value = portrait.image.shape[1::-1]
        self._look_at(0, 0, self.width, self.height)
        self._still.use()
        picture(context, portrait.background).use(0)
        context.vertex_array(self._programs["still"], [(corners, "2f", "corner")]).render(moderngl.TRIANGLE_STRIP)
        # Shoulders that never move belong to what is drawn once.
        self._positions.write(np.ascontiguousarray(portrait.vertices, np.float32))
        self._photo.use(0)
        context.enable_only(moderngl.BLEND)
        if len(still):
            layer_array(context, self._programs["sheet"], self._positions, attributes, still).render()

    def _needs_patch(self, triangles: np.ndarray) -> np.ndarray:
        """Distances (t, 3) in metres of the corners of triangles at rest from the edges of lids and lips."""
        edges = self._portrait.vertices[self._edges]
        used, corners = np.unique(triangles, return_inverse=True)
        points = self._portrait.vertices[used]
        distance = np.linalg.norm(points[:, None] - edges[None], axis=2).min(axis=1)
        return distance[corners.reshape(triangles.shape)]

    def _set(self, name: str, value) -> None:
        for program in self._programs.values():
            if name in program:
                program[name].value = value

    def _look_at(self, left: int, top: int, width: int, height: int) -> None:
        """Maps a rectangle of the image to all that is drawn into; rows go down, so the first in memory is the top."""
        scale = 2 * self._zoom / np.array([width, height])
        offset = (self._shift - [left, top]) * 2 / np.array([width, height]) - 1
        self._set("window", (*scale.tolist(), *offset.tolist()))

    def render(self, values: np.ndarray, head_pose: np.ndarray) -> np.ndarray:
        """An image uint8 (height, width, 3), BGR, top row first, of 52 coefficients (clipped to 0..1) and a head pose
        (roll, pitch, yaw, x, y, z; radians, metres; `dystream_ros.face.motion`). The image is the caller's own.

        Raises ValueError for numbers that are not finite or not 52 and 6.
        """
        vertices = self._animation.pose(values, head_pose)
        with self._context:  # another renderer of this thread may have been drawing
            return self._draw(vertices, values)

    def _draw(self, vertices: np.ndarray, values: np.ndarray) -> np.ndarray:
        context = self._context
        self._positions.write(vertices)
        context.enable(moderngl.DEPTH_TEST | moderngl.BLEND)
        # Alpha adds up, so that the patch ends up premultiplied.
        context.blend_func = (
            moderngl.SRC_ALPHA,
            moderngl.ONE_MINUS_SRC_ALPHA,
            moderngl.ONE,
            moderngl.ONE_MINUS_SRC_ALPHA,
        )
        context.front_face = "cw"  # rows that go down turn the sense of every triangle
        self._photo.use(0)

        origin = self._patch_origin()
        self._patch.use()
        self._patch.clear(depth=1.0)
        self._look_at(*origin, *self._patch_size)
        self._arrays["inside"].render()
        self._arrays["teeth"].render()
        self._draw_eyes(values)
        self._draw_skin("patch_skin")
        self._arrays["lashes"].render()

        self._target.use()
        self._target.clear(depth=1.0)
        context.copy_framebuffer(self._target, self._still)
        self._look_at(0, 0, self.width, self.height)
        context.disable(moderngl.DEPTH_TEST)
        self._arrays["sheet"].render()
        context.enable(moderngl.DEPTH_TEST)
        self._draw_skin("skin")
        context.disable(moderngl.DEPTH_TEST)
        self._lay_patch(origin)
        self._target.read_into(self._pixels, components=4, alignment=1)
        return cv2.cvtColor(self._pixels, cv2.COLOR_RGBA2BGR)

    def _patch_origin(self) -> tuple[int, int]:
        """Left and top pixel of the patch: the middle of the box around lids and lips, wherever they are."""
        seen = Camera(*self._portrait.camera.tolist()).project(self._animation.vertices[self._edges])
        middle = (seen.min(axis=0) + seen.max(axis=0)) / 2
        left, top = np.round(middle * self._zoom + self._shift - np.array(self._patch_size) / 2).astype(int).tolist()
        return left, top

    def _lay_patch(self, origin: tuple[int, int]) -> None:
        (left, top), (width, height) = origin, self._patch_size
        program = self._programs["patch"]
        corners = np.array(
            [left / self.width, top / self.height, (left + width) / self.width, (top + height) / self.height]
        )
        program["rectangle"].value = tuple((2 * corners - 1).tolist())
        program["origin"].value = origin
        program["patch_size"].value = self._patch_size
        self._context.blend_func = moderngl.ONE, moderngl.ONE_MINUS_SRC_ALPHA
        self._patch_picture.use(0)
        self._arrays["patch"].render(moderngl.TRIANGLE_STRIP)

    def _draw_skin(self, name: str) -> None:
        self._context.enable(moderngl.CULL_FACE)
        self._arrays[name].render()
        self._context.disable(moderngl.CULL_FACE)

    def _draw_eyes(self, values: np.ndarray) -> None:
        portrait, program, head = self._portrait, self._programs["eye"], self._animation.head
        program["socket"].write(np.ascontiguousarray((head[:3, :3] @ portrait.rotation).T))
        turns = self._animation.gaze(values)
        up = head[:3, :3] @ portrait.rotation[:, 1]
        for centre, (ball, iris, yaw, pitch), turn, lids in zip(
            portrait.eye_centres, portrait.eyes, turns, portrait.lids, strict=True
        ):
            place = head[:3, :3] @ centre + head[:3, 3]
            program["centre"].write(place)
            program["radius"].value = float(ball)
            program["iris"].value = float(iris / ball)
            gaze = self._animation.eye_axes(float(yaw + turn[0]), float(pitch + turn[1]))
            program["gaze"].write(np.ascontiguousarray(gaze.T))
            upper_lid = self._animation.vertices[lids[len(lids) // 4]]
            program["lid"].value = float(up @ (upper_lid - place) / ball)
            self._arrays["eye"].render()

    def close(self) -> None:
        """Frees the context; the renderer can not be used afterwards."""
        self._context.release()

    def __enter__(self) -> "Renderer":
        return self

    def __exit__(self, *_) -> None:
        self.close()
