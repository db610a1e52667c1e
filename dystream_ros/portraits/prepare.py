"""Makes a portrait from a photo: finds the face, crops, fits the head, cuts out the person, makes the layers."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from dystream_ros.portraits.colours import sample_colours
from dystream_ros.portraits.contact import meet
from dystream_ros.portraits.eyes import eye_arrays
from dystream_ros.portraits.fit import Fit, fit_head
from dystream_ros.portraits.head import Head, load_head
from dystream_ros.portraits.landmarks import Face, Landmarker
from dystream_ros.portraits.layer import Layer, join
from dystream_ros.portraits.matte import complete_background, cut_out
from dystream_ros.portraits.mouth import teeth_layer
from dystream_ros.portraits.sheet import moving_part, sheet_layer
from dystream_ros.portraits.skin import inside_layer, lashes_layer, skin_layer
from dystream_ros.rendering.backdrop import backdrop, check_background, without_fringe
from dystream_ros.rendering.mesh import halves
from dystream_ros.rendering.photo import read_photo
from dystream_ros.rendering.portrait import Floats, Indices, Picture, Portrait, PortraitError
from dystream_ros.rendering.view import KEEP, TRANSPARENT, View

FRAME = 2.45  # side of the crop in heights of the face (chin to hairline)
LEAST_FRAME = 1.7  # the same at least, if the photo ends close to the face
SIZE = 768  # pixels of a side of the crop: sharp in images of 512 pixels, and quick to load
SMALLEST_FACE = 48  # pixels across
MOST_TURNED = 30.0  # degrees away from the lens; beyond, half of the face is not in the photo
WORST_FIT = 0.045  # mean misfit as a share of the width of the face; beyond, the face is hardly human


def prepare_portrait(path: Path, face: int | None = None, background: str = KEEP) -> Portrait:
    """A portrait of a photo.

    Args:
        path: JPEG, PNG or WebP.
        face: which face, 0 for the leftmost; None for the largest.
        background: `keep`, a colour, or the path of a picture; see `backdrop`.
    Raises:
        PortraitError: an unreadable photo, no face in it, or one that is too small or turned too far.
    """
    if background == TRANSPARENT:
        raise PortraitError(
            "a portrait is transparent in an image, not in its file: prepare it with its own background, and show it "
            "with the background `transparent`"
        )
    check_background(background)
    image, found = find_face(path, face)
    portrait = make_portrait(image, found.landmarks, found.scores, str(path))
    if background == KEEP:
        return portrait
    behind = backdrop(portrait, View(SIZE, SIZE, background=background), 1.0, np.zeros(2))
    assert behind is not None  # a transparent one is refused above
    return replace(portrait, image=without_fringe(portrait.image, portrait.matte), background=behind)


def find_face(path: Path, face: int | None = None) -> tuple[Picture, Face]:
    """The crop (SIZE, SIZE, 3), BGR, around a face of a photo, and the face in it.

    Arguments and errors are those of `prepare_portrait`.
    """
    photo = read_photo(path)
    with Landmarker() as landmarker:
        chosen = _choose(path, _detect_any_size(landmarker, photo), face)
        width = np.ptp(chosen.landmarks[:, 0])
        if width < SMALLEST_FACE:
            raise PortraitError(f"the face in {path} is {width:.0f} pixels wide; at least {SMALLEST_FACE} are needed")
        image = crop_square(photo, chosen.landmarks)
        # Again in the crop, where the face is larger and the landmarks are more precise.
        closer = landmarker.detect(image)
    if not closer:
        raise PortraitError(f"the face in {path} could not be found again close up; use a clearer photo")
    return image, min(closer, key=lambda found: np.linalg.norm(found.landmarks.mean(axis=0) - SIZE / 2))


def _detect_any_size(landmarker: Landmarker, photo: Picture) -> list[Face]:
    """Faces of a photo; if none is found, faces of the photo with a wide margin, as a face may fill the photo."""
    faces = landmarker.detect(photo)
    if faces:
        return faces
    margin = max(photo.shape[:2]) // 3
    padded = np.asarray(cv2.copyMakeBorder(photo, margin, margin, margin, margin, cv2.BORDER_REPLICATE), np.uint8)
    return [replace(found, landmarks=found.landmarks - margin) for found in landmarker.detect(padded)]


def _choose(path: Path, faces: list[Face], index: int | None) -> Face:
    if not faces:
        raise PortraitError(f"no face was found in {path}; use a photo of a face seen from the front, in good light")
    if index is None:
        return faces[0]
    if not 0 <= index < len(faces):
        raise PortraitError(f"{path} has {len(faces)} faces, numbered from 0 at the left; there is no face {index}")
    return sorted(faces, key=lambda found: found.landmarks[:, 0].mean())[index]


def crop_square(photo: Picture, landmarks: Floats) -> Picture:
    """The square (SIZE, SIZE, 3) around the head, inside the photo as far as possible.

    Where the square exceeds the photo, the border pixels of the photo are repeated.

    Args:
        landmarks: (n, 2) of the face, pixels.
    """
    low, high = landmarks[:, :2].min(axis=0), landmarks[:, :2].max(axis=0)
    face_height = high[1] - low[1]
    side = float(np.clip(min(photo.shape[:2]), LEAST_FRAME * face_height, FRAME * face_height))
    corner = (low + high) / 2 - side * np.array([0.5, 0.46])
    size = np.array(photo.shape[1::-1])
    room = size - side
    inside = np.clip(corner, np.minimum(0, room), np.maximum(0, room))
    # The square moves into the photo only as far as hair and chin stay in the square.
    slack = (side - LEAST_FRAME * face_height) / 2
    left, top = corner + np.clip(inside - corner, -slack, slack)
    scale = SIZE / side
    move = np.array([[scale, 0, -left * scale], [0, scale, -top * scale]])
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LANCZOS4
    if scale < 0.5:
        reduced = cv2.resize(photo, None, fx=2 * scale, fy=2 * scale, interpolation=cv2.INTER_AREA)
        photo = np.asarray(reduced, np.uint8)
        move[:, :2] *= 0.5 / scale
    cropped = cv2.warpAffine(photo, move, (SIZE, SIZE), flags=method, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(cropped, np.uint8)


def make_portrait(image: Picture, landmarks: Floats, scores: dict[str, float], source: str = "the photo") -> Portrait:
    """A portrait of a square crop.

    Args:
        image: uint8 (size, size, 3), BGR.
        landmarks: (478, 2) of the face, pixels.
        scores: estimated ARKit coefficients by name, 0 to 1.
        source: names the photo in errors.
    Raises:
        PortraitError: the face is turned too far, or the head cannot be fitted to it.
    """
    head = load_head()
    fit = fit_head(head, landmarks, scores)
    if fit.residual > WORST_FIT * np.ptp(landmarks[:468, 0]):
        raise PortraitError(f"the face in {source} does not have the shape of a human face; use a photo of a person")
    turned = np.degrees(np.arctan2(abs(fit.rotation[0, 2]), fit.rotation[2, 2]))
    if turned > MOST_TURNED:
        raise PortraitError(
            f"the face in {source} is turned {turned:.0f} degrees aside; at most {MOST_TURNED:.0f} are accepted"
        )
    eyes = eye_arrays(head, fit, landmarks)
    fit = meet(head, fit, np.hstack([eyes["eye_centres"], eyes["eyes"][:, :1]]))
    matte = cut_out(image, landmarks)
    layers = make_layers(head, fit, image, matte)
    moving = matte * (moving_part(layers["sheet"], len(image)) > 0.02)
    return Portrait(
        image=image,
        matte=(matte * 255).round().astype(np.uint8),
        background=complete_background(image, moving),
        **join(layers),
        **eyes,
        colours=sample_colours(image, landmarks),
        camera=np.array([fit.camera.scale, fit.camera.x, fit.camera.y, fit.camera.distance], np.float32),
        rotation=fit.rotation.astype(np.float32),
        lips=outline(head, fit, layers, head.lips_inner),
        lids=np.stack([outline(head, fit, layers, loop) for loop in (head.left_eyelids, head.right_eyelids)]),
        mouth=fit.neutral[head.lips_inner].mean(axis=0).astype(np.float32),
        mouth_depth=np.array(fit.neutral[head.lips_inner, 2].max(), np.float32),
    )


def make_layers(head: Head, fit: Fit, image: Picture, matte: Floats) -> dict[str, Layer]:
    """The layers of a portrait by name, from the back to the front."""
    skin = skin_layer(head, fit, image)
    sheet = sheet_layer(head, fit, skin, matte)
    skin.texture[:] = skin.texture / matte.shape[0]
    return {
        "sheet": sheet,
        "skin": skin,
        "inside": inside_layer(head, fit),
        "teeth": teeth_layer(head, fit),
        "lashes": lashes_layer(head, fit),
    }


def outline(head: Head, fit: Fit, layers: dict[str, Layer], loop: Indices) -> NDArray[np.int32]:
    """Vertices (n,) of the portrait along a loop of the head, in the order of `Portrait.lips` and `Portrait.lids`."""
    upper, lower = halves(loop, head.vertices)
    start = len(layers["sheet"].vertices)  # the vertices of the skin follow those of the sheet
    return start + cKDTree(layers["skin"].vertices).query(fit.neutral[upper + lower[-2:0:-1]])[1].astype(np.int32)
