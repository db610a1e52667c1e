"""Makes a portrait from a photo: finds the face, crops, fits the head, cuts out the person, makes the layers."""

from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from dystream_ros.portraits.colours import photo_tone, sample_colours
from dystream_ros.portraits.contact import meet
from dystream_ros.portraits.crop import SIZE, Area, crop_square, square_around
from dystream_ros.portraits.eyes import eye_arrays
from dystream_ros.portraits.fit import Fit, fit_head
from dystream_ros.portraits.glasses import stiffened, wears_glasses
from dystream_ros.portraits.hair import hanging_hair
from dystream_ros.portraits.head import Head, load_head
from dystream_ros.portraits.landmarks import Face, Landmarker
from dystream_ros.portraits.lashes import LidStyle, lashes_layer
from dystream_ros.portraits.layer import Layer, join
from dystream_ros.portraits.matte import complete_background, cut_out
from dystream_ros.portraits.mouth import teeth_layer
from dystream_ros.portraits.segmenter import segment_person
from dystream_ros.portraits.sheet import NECK, moving_part, sheet_layer
from dystream_ros.portraits.simplify import simplified
from dystream_ros.portraits.skin import inside_layer, skin_layer
from dystream_ros.portraits.verdict import is_face_cut, verdict
from dystream_ros.rendering.backdrop import backdrop, check_background, without_fringe
from dystream_ros.rendering.mesh import halves
from dystream_ros.rendering.photo import read_photo
from dystream_ros.rendering.portrait import Floats, Indices, Picture, Portrait, PortraitError
from dystream_ros.rendering.view import KEEP, TRANSPARENT, View

BELOW_EYES = (450, 230)  # landmarks of the MediaPipe face mesh
SMALLEST_FACE = 48  # pixels across
MOST_TURNED = 30.0  # degrees away from the lens; beyond, half of the face is not in the photo
WORST_FIT = 0.045  # mean misfit as a share of the width of the face; beyond, the face is hardly human


def prepare_portrait(path: Path, face: int | None = None, background: str = KEEP) -> Portrait:
    """A portrait of a photo; see `examine_photo`."""
    return examine_photo(path, face, background)[0]


def examine_photo(path: Path, face: int | None = None, background: str = KEEP) -> tuple[Portrait, list[str]]:
    """A portrait of a photo, and sentences about what is cut, covered or unusual in it; see `verdict`.

    Args:
        path: JPEG, PNG or WebP.
        face: which face, 0 for the leftmost; None for the largest.
        background: `keep`, a colour, or the path of a picture; see `backdrop`.
    Raises:
        PortraitError: an unreadable photo, no face in it, or one that is cut, too small or turned too far.
    """
    if background == TRANSPARENT:
        raise PortraitError(
            "a portrait is transparent in an image, not in its file: prepare it with its own background, and show it "
            "with the background `transparent`"
        )
    check_background(background)
    found = _find(path, face)
    if is_face_cut(found.face, found.area):
        raise PortraitError(f"the face in {path} is cut by the border of the photo; use one that shows all of the face")
    image, landmarks = found.image, found.face.landmarks
    matte = cut_out(image, landmarks, segment_person(image), found.area)
    portrait = simplified(make_portrait(image, landmarks, found.face.scores, str(path), matte, found.area))
    notes = verdict(image, found.face, matte, found.area, found.others, found.width)
    if background == KEEP:
        return portrait, notes
    behind = backdrop(portrait, View(SIZE, SIZE, background=background), 1.0, np.zeros(2))
    assert behind is not None  # a transparent one is refused above
    return replace(portrait, image=without_fringe(portrait.image, portrait.matte), background=behind), notes


@dataclass(frozen=True)
class _Found:
    """A face in the crop (SIZE, SIZE, 3), BGR, around it.

    Attributes:
        area: what the photo fills of the crop.
        others: number of further faces in the photo.
        width: of the face in the photo, pixels.
    """

    image: Picture
    face: Face
    area: Area
    others: int
    width: float


def find_face(path: Path, face: int | None = None) -> tuple[Picture, Face]:
    """The crop (SIZE, SIZE, 3), BGR, around a face of a photo, and the face in it.

    Arguments and errors are those of `prepare_portrait`, but for faces that are cut.
    """
    found = _find(path, face)
    return found.image, found.face


def _find(path: Path, index: int | None) -> _Found:
    photo = read_photo(path)
    with Landmarker() as landmarker:
        faces = _detect_any_size(landmarker, photo)
        chosen = _choose(path, faces, index)
        width = float(np.ptp(chosen.landmarks[:, 0]))
        if width < SMALLEST_FACE:
            raise PortraitError(f"the face in {path} is {width:.0f} pixels wide; at least {SMALLEST_FACE} are needed")
        square = square_around(photo, chosen.landmarks)
        image = crop_square(photo, square)
        # Again in the crop, where the face is larger and the landmarks are more precise.
        closer = landmarker.detect(image)
    if not closer:
        raise PortraitError(f"the face in {path} could not be found again close up; use a clearer photo")
    found = min(closer, key=lambda face: float(np.linalg.norm(face.landmarks.mean(axis=0) - SIZE / 2)))
    return _Found(image, found, square.area(photo), len(faces) - 1, width)


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


def make_portrait(
    image: Picture,
    landmarks: Floats,
    scores: dict[str, float],
    source: str = "the photo",
    matte: Floats | None = None,
    area: Area | None = None,
) -> Portrait:
    """A portrait of a square crop.

    Args:
        image: uint8 (size, size, 3), BGR.
        landmarks: (478, 2) of the face, pixels.
        scores: estimated ARKit coefficients by name, 0 to 1.
        source: names the photo in errors.
        matte: (size, size), share of the person; without it, colours alone decide.
        area: what the photo fills of the crop; without it, all.
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
    if wears_glasses(image, landmarks):
        fit = stiffened(head, fit, landmarks)
    if matte is None:
        matte = cut_out(image, landmarks)
    hair = hanging_hair(image, matte, landmarks)
    layers, colours = make_layers(head, fit, image, matte, hair=hair), sample_colours(image, landmarks)
    tone = photo_tone(image, landmarks)
    if tone is not None:  # what the photo does not show has its tone too
        colours = tone.of(colours)
        for name in ("inside", "lashes"):
            layers[name].look[:, :3] = tone.of(layers[name].look[:, :3])
    moving = matte * (moving_part(layers["sheet"], len(image)) > 0.02)
    return Portrait(
        image=image,
        matte=(matte * 255).round().astype(np.uint8),
        background=complete_background(image, moving, area, matte),
        **join(layers),
        **eyes,
        colours=colours,
        camera=np.array([fit.camera.scale, fit.camera.x, fit.camera.y, fit.camera.distance], np.float32),
        rotation=fit.rotation.astype(np.float32),
        lips=outline(head, fit, layers, head.lips_inner),
        lids=np.stack([outline(head, fit, layers, loop) for loop in (head.left_eyelids, head.right_eyelids)]),
        mouth=fit.neutral[head.lips_inner].mean(axis=0).astype(np.float32),
        mouth_depth=np.array(fit.neutral[head.lips_inner, 2].max(), np.float32),
    )


def make_layers(
    head: Head,
    fit: Fit,
    image: Picture,
    matte: Floats,
    lids: LidStyle | None = None,
    whole_sheet: bool = False,
    neck: float = NECK,
    hair: Floats | None = None,
) -> dict[str, Layer]:
    """The layers of a portrait by name, from the back to the front; the last three arguments as in `sheet_layer`."""
    skin = skin_layer(head, fit, image)
    sheet = sheet_layer(head, fit, skin, matte, whole_sheet, neck, hair)
    skin.texture[:] = skin.texture / matte.shape[0]
    return {
        "sheet": sheet,
        "skin": skin,
        "inside": inside_layer(head, fit),
        "teeth": teeth_layer(head, fit),
        "lashes": lashes_layer(head, fit, lids or LidStyle(), skin_below_eyes(head, fit, image)),
    }


def skin_below_eyes(head: Head, fit: Fit, image: Picture) -> Floats:
    """Colour (2, 3) of the skin below the left and the right eye, RGB, sRGB, 0 to 1."""
    smooth = cv2.GaussianBlur(image, (0, 0), 0.006 * len(image))
    below = fit.seen[[head.landmark_vertices[index][0] for index in BELOW_EYES]]
    at = fit.camera.project(below).round().astype(int).clip(0, len(image) - 1)
    return np.asarray(smooth[at[:, 1], at[:, 0], ::-1] / 255.0)


def outline(head: Head, fit: Fit, layers: dict[str, Layer], loop: Indices) -> NDArray[np.int32]:
    """Vertices (n,) of the portrait along a loop of the head, in the order of `Portrait.lips` and `Portrait.lids`."""
    upper, lower = halves(loop, head.vertices)
    start = len(layers["sheet"].vertices)  # the vertices of the skin follow those of the sheet
    return start + cKDTree(layers["skin"].vertices).query(fit.neutral[upper + lower[-2:0:-1]])[1].astype(np.int32)
