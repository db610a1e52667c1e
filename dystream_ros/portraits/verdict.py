"""What a photo is good for as a portrait: what is cut, covered or unusual in it, in sentences."""

import cv2
import numpy as np

from dystream_ros.portraits.colours import photo_tone
from dystream_ros.portraits.crop import Area
from dystream_ros.portraits.landmarks import Face
from dystream_ros.portraits.skin import OVAL
from dystream_ros.rendering.portrait import Floats, Picture

CUT_FACE = 0.02  # share of the height of the face by which its outline may lie beyond the photo
CUT_HAIR = 0.25  # share of the width of the face over which hair touches the upper border
OPEN_MOUTH, SHUT_EYE, RAISED_BROW, SMALL_FACE = 0.30, 0.55, 0.60, 130  # scores; pixels across in the photo
# A part of the face is covered if this share of it has another colour: a distance in the plane of a and b and, less
# weighted, in lightness, from the skin of most of the face.
COVERED, OTHER_COLOUR = 0.60, 36.0
# Contrast of fine texture on the cheeks over their brightness; skin has 0.03, with film grain up to 0.1.
MOST_TEXTURE = 0.13
PARTS = {
    "forehead": (109, 10, 338, 297, 299, 337, 151, 108, 69, 67),
    "mouth and chin": (57, 186, 165, 391, 410, 287, 422, 394, 369, 377, 152, 148, 140, 169, 202),
    "right cheek": (116, 117, 118, 101, 36, 205, 187, 123),
    "left cheek": (345, 346, 347, 330, 266, 425, 411, 352),
    "eyes": (70, 63, 105, 66, 107, 193, 417, 336, 296, 334, 293, 300, 340, 346, 347, 6, 118, 117, 111),
}


def is_face_cut(face: Face, area: Area) -> bool:
    """Whether the outline of the face lies beyond the photo."""
    outline = face.landmarks[list(OVAL)]
    slack = CUT_FACE * np.ptp(outline[:, 1])
    low, high = np.array((area.left, area.top)) - slack, np.array((area.right, area.bottom)) + slack
    return bool(((outline < low) | (outline > high)).any())


def verdict(image: Picture, face: Face, matte: Floats, area: Area, others: int, width: float) -> list[str]:
    """Sentences about a photo, without any if nothing is wrong with it.

    Args:
        image: the square crop, BGR; `face` and `matte` (h, w) are of it, `area` is what the photo fills.
        others: number of further faces in the photo.
        width: of the face in the photo, pixels.
    """
    marks, scores = face.landmarks, face.scores
    notes = []
    across = float(np.ptp(marks[:468, 0]))
    first = min(int(area.top) + 8, len(image) - 1)
    near = slice(max(0, int(marks[:, 0].min() - 0.5 * across)), int(marks[:, 0].max() + 0.5 * across))
    if (matte[first, near] > 0.5).sum() > CUT_HAIR * across:
        notes.append("the hair is cut by the upper border: its top is rounded off; a photo with room above is better")
    if others:
        notes.append(f"{others + 1} faces were found: the portrait shows one, another is chosen with --face")
    if scores.get("jawOpen", 0) > OPEN_MOUTH:
        notes.append("the mouth is open: lips are closed by bending the photo; a photo with a shut mouth is better")
    if min(scores.get(f"eyeBlink{side}", 0) for side in ("Left", "Right")) > SHUT_EYE:
        notes.append("the eyes are nearly shut: their colour cannot be seen")
    if scores.get("browInnerUp", 0) > RAISED_BROW:
        notes.append("the brows are raised: they stay so at rest")
    if width < SMALL_FACE:
        notes.append(f"the face is only {width:.0f} pixels wide in the photo: it will be blurred")
    grey = photo_tone(image, marks) is not None
    if grey:
        notes.append("the photo has no colours: eyes and mouth are drawn in its tone")
    covered = [] if grey else _covered(image, marks)
    if covered:
        notes.append(
            f"{' and '.join(covered)} may be covered (by a hand, glasses, a mask): it moves as if it were skin"
        )
    if _furry(image, marks, grey):
        notes.append("this may not be the face of a person: mouth, teeth and eyes of the portrait are human")
    return notes


def _mask(image: Picture, marks: Floats, outline: tuple[int, ...]) -> np.ndarray:
    points = marks[list(outline), :2].round().astype(np.int32)
    return cv2.fillPoly(np.zeros(image.shape[:2], np.uint8), [points], 1) > 0


def _covered(image: Picture, marks: Floats) -> list[str]:
    """Parts of the face whose colour is not that of its skin."""
    lab = cv2.cvtColor(cv2.GaussianBlur(image, (0, 0), 2), cv2.COLOR_BGR2LAB).astype(np.float32)
    skin = np.median(
        np.concatenate([lab[_mask(image, marks, PARTS[part])] for part in ("right cheek", "left cheek", "forehead")]),
        axis=0,
    )
    found = []
    for part, outline in PARTS.items():
        apart = (lab[_mask(image, marks, outline)] - skin) * (0.45, 1, 1)
        if len(apart) and (np.linalg.norm(apart, axis=1) > OTHER_COLOUR).mean() > COVERED:
            found.append(part)
    return found


def _furry(image: Picture, marks: Floats, grey: bool) -> bool:
    """Whether the cheeks have the texture of fur and not the colour of skin."""
    levels = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY).astype(np.float32)
    fine = levels - cv2.GaussianBlur(levels, (0, 0), 4)
    cheeks = _mask(image, marks, PARTS["right cheek"]) | _mask(image, marks, PARTS["left cheek"])
    if not cheeks.any():
        return False
    texture = 1.48 * float(np.median(np.abs(fine[cheeks]))) / max(float(levels[cheeks].mean()), 20.0)
    lab = cv2.cvtColor(image, cv2.COLOR_BGR2LAB).astype(np.float32)[cheeks].mean(axis=0) - (0, 128, 128)
    hue = float(np.degrees(np.arctan2(lab[2], lab[1])))
    unlike = not grey and (np.hypot(lab[1], lab[2]) < 6 or not 15 < hue < 78)
    return texture > MOST_TEXTURE or (unlike and texture > 0.5 * MOST_TEXTURE)
