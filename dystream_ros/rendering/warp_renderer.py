"""Draws a portrait without OpenGL: the photo is warped with OpenCV, and a plain mouth is painted into the opening."""

from types import TracebackType

import cv2
import numpy as np

from dystream_ros.face.arkit import ARKIT_NAMES
from dystream_ros.face.motion import MotionFrame
from dystream_ros.rendering.animation import Animation, checked, mouth_flesh
from dystream_ros.rendering.backdrop import backdrop, without_fringe
from dystream_ros.rendering.camera import Camera
from dystream_ros.rendering.interfaces import PreparedView
from dystream_ros.rendering.portrait import Floats, Indices, Picture, Portrait
from dystream_ros.rendering.view import KEEP, View

CELLS = 128  # cells of the motion field across the photo
TURN_SHARE = 0.6  # share of a head pose that is shown; a flat photo looks wrong with more
HEAD_SMOOTHING, EXPRESSION_SMOOTHING = 3.5, 0.8  # cells
INVERSIONS = 5  # fixed-point steps from "where a cell goes" to "where a pixel comes from"
MOUTH_SHADE = 0.4  # brightness of the open mouth over that of its flesh
LASH_COLOUR = (20, 25, 40)  # BGR
LASH_LINE, SEAM_LINE = 1.5, 3.5  # pixels of the photo
LID_NAMES = ("eyeBlink", "eyeSquint", "eyeLook", "eyeWide")
TOOTH_HEIGHT = 0.006  # metres of the upper teeth that are seen below the lip in an open mouth


class WarpRenderer:
    """Draws one portrait at a time. Unlike OpenGL: no gaze in photos, no tongue, small turns of the head only.

    Args:
        portrait, view: shown first.
    Raises:
        PortraitError: the background cannot be used.
    """

    name = "fallback"
    device = "OpenCV"

    def __init__(self, portrait: Portrait, view: View) -> None:
        self._scene = self.prepare(portrait, view)

    @property
    def view(self) -> View:
        """The current view of the portrait."""
        return self._scene.view

    @staticmethod
    def prepare(portrait: Portrait, view: View) -> "WarpScene":
        """Prepare a portrait in a view for `show`, in any thread. Raises `PortraitError`."""
        return WarpScene(portrait, view)

    def show(self, prepared: PreparedView) -> None:
        """Draw the prepared portrait from the next picture on. Raises TypeError if another renderer prepared it."""
        if not isinstance(prepared, WarpScene):
            raise TypeError(f"the fallback renderer shows a WarpScene that it prepared, got {type(prepared).__name__}")
        self._scene = prepared

    def render(self, motion: MotionFrame) -> Picture:
        """A picture uint8 (height, width, 3), BGR, top row first; a transparent background adds alpha.

        Args:
            motion: 52 coefficients and the head pose (radians, metres); see `face.motion`.
        Raises:
            ValueError: numbers that are not finite, or not 52 and 6.
        """
        return self.view.oriented(self._scene.render(motion.values, motion.head_pose))

    def close(self) -> None:
        """Does nothing: this renderer holds no resources."""

    def __enter__(self) -> "WarpRenderer":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class WarpScene:
    """One portrait in one view, prepared for the warp. Raises `PortraitError` for a background that cannot be used."""

    def __init__(self, portrait: Portrait, view: View) -> None:
        self.view = view
        width, height = view.upright
        self._portrait, self._animation = portrait, Animation(portrait)
        self._camera = Camera(*portrait.camera.tolist())
        self._size = portrait.image.shape[0]
        self._zoom, self._shift = zoom, shift = view.placed(portrait)
        # Pixels of the photo that the pixels of the image show when nothing moves.
        columns = (np.arange(width) + 0.5 - shift[0]) / zoom - 0.5
        rows = (np.arange(height) + 0.5 - shift[1]) / zoom - 0.5
        self._window = np.stack(np.meshgrid(columns, rows), axis=-1).astype(np.float32)
        image = portrait.image if view.background == KEEP else without_fringe(portrait.image, portrait.matte)
        self._photo = np.dstack([image, portrait.matte])
        self._behind = backdrop(portrait, view, zoom, shift)
        self._corners, self._weights = self._cells()
        self._photo_eyes_shut = self._eyes_are_shut_in_photo()
        skin = portrait.look[np.unique(portrait.triangles_skin)]
        rim = portrait.look[portrait.lips]
        self._seam_colour = tuple((255 * np.median(rim[:, 2::-1], axis=0)).tolist())
        # Number of vertices along the upper edge, corners included: there are fewer below.
        self._upper_lip = int((portrait.vertices[portrait.lips] @ portrait.rotation)[:, 0].argmax()) + 1
        self._mouth_colour = (255 * MOUTH_SHADE * mouth_flesh(portrait)[::-1]).round().astype(np.uint8)
        self._lid_values = np.array([name.startswith(LID_NAMES) for name in ARKIT_NAMES])
        if not self._photo_eyes_shut:
            self._lid_colour = np.float32(255 * np.percentile(skin[skin[:, 3] < 0.04, 2::-1], 80, axis=0))
        grid = (np.arange(CELLS) + 0.5) * self._size / CELLS
        self._grid = np.stack(np.meshgrid(grid, grid), axis=-1).astype(np.float32)

    def _eyes_are_shut_in_photo(self) -> bool:
        """Whether the eyes are shut in the photo, as in the pictures of characters; at rest a portrait's are open."""
        lids = self._portrait.lids
        shown = self._portrait.texture[lids] * self._size
        rest = self._camera.project(self._portrait.vertices[lids.ravel()]).reshape(shown.shape)
        middle = lids.shape[1] // 4
        shown, rest = (np.abs(places[:, 3 * middle, 1] - places[:, middle, 1]).mean() for places in (shown, rest))
        return bool(shown < 0.3 * rest)

    def _cells(self) -> tuple[Indices, Floats]:
        """The three vertices around each cell of the motion field, int (c, c, 3), and their weights, float32."""
        portrait = self._portrait
        places = portrait.texture * CELLS - 0.5
        triangles = np.concatenate(
            [portrait.triangles_sheet, portrait.triangles_skin[portrait.opacity[portrait.triangles_skin].min(1) > 0.3]]
        )
        owner = np.full((CELLS, CELLS), -1, np.int32)
        for number, triangle in enumerate(triangles):
            cv2.fillConvexPoly(owner, np.round(places[triangle] * 16).astype(np.int32), number, shift=4)
        known = owner >= 0
        _, labels = cv2.distanceTransformWithLabels(
            (~known).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
        )
        nearest = np.zeros(labels.max() + 1, np.int32)
        nearest[labels[known]] = owner[known]
        corners = triangles[nearest[labels]].astype(np.int64)
        a, b, c = (places[corners[..., k]].astype(np.float64) for k in range(3))
        at = np.stack(np.meshgrid(np.arange(CELLS), np.arange(CELLS)), axis=-1)
        cross = lambda p, q: p[..., 0] * q[..., 1] - p[..., 1] * q[..., 0]  # noqa: E731
        whole = cross(b - a, c - a)
        whole = np.where(np.abs(whole) < 1e-9, 1e-9, whole)
        second, third = cross(at - a, c - a) / whole, cross(b - a, at - a) / whole
        weights = np.clip(np.stack([1 - second - third, second, third], axis=-1), 0, 1)
        return corners, (weights / weights.sum(axis=-1, keepdims=True)).astype(np.float32)

    def render(self, values: Floats, head_pose: Floats) -> Picture:
        """The upright image uint8 (h, w, 3), BGR; 4 channels on a transparent background."""
        values, head_pose = checked(values, 52, "coefficients"), checked(head_pose, 6, "numbers of a head pose")
        pose = TURN_SHARE * head_pose
        # Lids are painted over open eyes: a warp would squeeze the eyes. Shut ones are opened by the warp.
        painted = self._lid_values & (not self._photo_eyes_shut)
        eyes_open = np.where(painted, 0, values).astype(np.float32)
        still = self._project(eyes_open, np.zeros(6, np.float32))
        moved = self._project(eyes_open, pose)
        # First undo the motion of the head, then the expression. The former is smoothed, so that hair and cheeks do not
        # fold.
        back = self._inverse(moved - still, HEAD_SMOOTHING)
        expression = self._inverse(still - self._portrait.texture * self._size, EXPRESSION_SMOOTHING)
        onward = (self._grid - back) * (CELLS / self._size) - 0.5
        back = back + _sampled(expression, onward)
        at = (self._window + 0.5) * (CELLS / self._size) - 0.5
        source = self._window - _sampled(back, at)
        person = _sampled(self._photo, source)
        alpha = person[..., 3:]
        if self._behind is None:
            image = person[..., :3] * (alpha > 0)
        else:
            share = alpha.astype(np.float32) / 255
            image = (person[..., :3] * share + self._behind * (1 - share)).round().astype(np.uint8)
        if self._photo_eyes_shut:
            self._paint_eyes(image, moved, values)
        else:
            self._paint_lids(image, moved, self._project(np.asarray(values, np.float32), pose))
        self._paint_mouth(image, moved)
        return image if self._behind is not None else np.dstack([image, alpha])

    def _project(self, values: Floats, pose: Floats) -> Floats:
        """Pixels of the photo, float32 (n, 2), to which coefficients and a pose move the vertices."""
        return self._camera.project(self._animation.pose(values, pose)).astype(np.float32)

    def _inverse(self, shift: Floats, smoothing: float) -> Floats:
        """How far the content of each cell has moved (c, c, 2), from how far the vertices move (n, 2); pixels."""
        field = cv2.GaussianBlur((shift[self._corners] * self._weights[..., None]).sum(axis=2), (0, 0), smoothing)
        back = np.zeros_like(field)
        for _ in range(INVERSIONS):
            source = (self._grid - back) * (CELLS / self._size) - 0.5
            back = _sampled(field, source)
        return back

    def _paint_lids(self, image: Picture, eyes_open: Floats, moved: Floats) -> None:
        """Paint the upper lids from their open edge (`eyes_open`) down to their edge now (`moved`), with lashes."""
        for lids in self._portrait.lids:
            upper = lids[: len(lids) // 2 + 1]
            top, edge = (places[upper] * self._zoom + self._shift for places in (eyes_open, moved))
            if (edge - top)[:, 1].max() > 1.0:
                # The lashes of the photo are covered as well; the edge is soft.
                raised = top - [0, 0.35 * (edge - top)[:, 1].max()]
                mask = np.zeros(image.shape[:2], np.uint8)
                outline = np.round(np.concatenate([raised, edge[::-1]]) * 16).astype(np.int32)
                cv2.fillPoly(mask, [outline], 255, lineType=cv2.LINE_AA, shift=4)
                share = cv2.GaussianBlur(mask, (0, 0), 1.5 * self._zoom)[..., None].astype(np.float32) / 255
                image[:] = (self._lid_colour * share + image * (1 - share)).round().astype(np.uint8)
                line = [np.round(edge[1:-1] * 16).astype(np.int32)]
                cv2.polylines(image, line, False, LASH_COLOUR, max(1, round(LASH_LINE * self._zoom)), cv2.LINE_AA, 4)

    def _paint_eyes(self, image: Picture, moved: Floats, values: Floats) -> None:
        """Paint the eyeballs between the lids, in the direction of the gaze, and the lashes of the upper lids."""
        portrait, head = self._portrait, self._animation.head
        iris_colour, white = (tuple((235 * colour[::-1]).tolist()) for colour in portrait.colours[:2])
        scale = self._camera.scale * self._zoom
        for lids, centre, (ball, iris, yaw, pitch), turn in zip(
            portrait.lids, portrait.eye_centres, portrait.eyes, self._animation.gaze(values), strict=True
        ):
            outline, half = moved[lids] * self._zoom + self._shift, len(lids) // 2 + 1
            upper, lower = outline[:half], outline[half:]
            edge = np.interp(lower[:, 0], upper[:, 0], upper[:, 1])
            lower[:, 1] = np.maximum(lower[:, 1], edge)  # closed lids overlap
            line = [np.round(upper * 16).astype(np.int32)]
            thick = max(1, round(LASH_LINE * self._zoom))
            if (lower[:, 1] - edge).max() < 1.0:
                cv2.polylines(image, line, False, LASH_COLOUR, thick, cv2.LINE_AA, 4)
                continue
            place = head[:3, :3] @ centre + head[:3, 3]
            pupil = place + ball * self._animation.eye_axes(float(yaw + turn[0]), float(pitch + turn[1]))[:, 2]
            glint = place + ball * np.array([-0.21, 0.29, 0.93])
            at, light = self._camera.project(np.stack([pupil, glint])) * self._zoom + self._shift
            eye = np.full_like(image, white)
            for where, radius, colour in (
                (at, iris, tuple(0.4 * part for part in iris_colour)), (at, 0.82 * iris, iris_colour),
                (at, 0.42 * iris, (8, 8, 8)), (light, 0.16 * iris, (245, 245, 245)),
            ):  # fmt: skip
                middle = np.round(where * 16).astype(int).tolist()
                cv2.circle(eye, middle, round(16 * radius * scale), colour, -1, cv2.LINE_AA, 4)
            mask = np.zeros(image.shape[:2], np.uint8)
            cv2.fillPoly(mask, [np.round(outline * 16).astype(np.int32)], 255, lineType=cv2.LINE_AA, shift=4)
            share = mask[..., None].astype(np.float32) / 255
            image[:] = (eye * share + image * (1 - share)).round().astype(np.uint8)
            cv2.polylines(image, line, False, LASH_COLOUR, thick, cv2.LINE_AA, 4)

    def _paint_mouth(self, image: Picture, moved: Floats) -> None:
        """Paint the opening between the lips, dark with the upper teeth, or the line where closed lips meet."""
        lips = moved[self._portrait.lips] * self._zoom + self._shift
        half = self._upper_lip
        upper, lower = lips[:half], np.concatenate([lips[:1], lips[half:][::-1], lips[half - 1 : half]])
        # Closed lips overlap; the lower edge never lies above the upper one.
        floor = np.interp(lower[:, 0], upper[:, 0], upper[:, 1])
        lower[:, 1] = np.maximum(lower[:, 1], floor)
        line = [np.round((upper - [0, 2 * self._zoom]) * 16).astype(np.int32)]
        cv2.polylines(image, line, False, self._seam_colour, max(1, round(SEAM_LINE * self._zoom)), cv2.LINE_AA, 4)
        mask = np.zeros(image.shape[:2], np.uint8)
        outline = np.round(np.concatenate([upper, lower[::-1]]) * 16).astype(np.int32)
        cv2.fillPoly(mask, [outline], 255, lineType=cv2.LINE_AA, shift=4)
        if (lower[:, 1] - floor).max() < 1.0:
            return
        mouth = np.full_like(image, self._mouth_colour)
        if len(np.unique(self._portrait.triangles_teeth)) > 3:  # a mouth without teeth has a triangle without area
            edge = upper[::-1] + np.array([0, TOOTH_HEIGHT * self._camera.scale * self._zoom])
            tooth = tuple(float(part) * 225 for part in self._portrait.colours[2][::-1])
            teeth = [np.round(np.concatenate([upper, edge]) * 16).astype(np.int32)]
            cv2.fillPoly(mouth, teeth, tooth, lineType=cv2.LINE_AA, shift=4)
        share = mask[..., None].astype(np.float32) / 255
        image[:] = (mouth * share + image * (1 - share)).round().astype(np.uint8)


def _sampled(image: np.ndarray, places: Floats) -> np.ndarray:
    """An image (h, w, channels) at places float32 (r, c, 2), x and y in pixels; beyond the border it is repeated."""
    # The stubs of OpenCV lack the None that a map of pairs takes for its second map.
    return cv2.remap(image, places, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)  # type: ignore[call-overload]
