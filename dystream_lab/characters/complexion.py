"""Photographed skin: the CC0 textures of MakeHuman on the head of a character, in the tone of its description."""

from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np

from dystream_lab.characters.character import Character, ancestry_shares
from dystream_lab.characters.figure import FACE_LOW, Figure
from dystream_lab.characters.light import to_linear
from dystream_lab.characters.raster import Raster

SKINS = Path(__file__).parent.parent / "assets" / "characters" / "skins"
SIDE = 2048  # pixels of a texture of MakeHuman
LEFT, TOP, BOTTOM = 1290, 370, 1760  # of the part of a texture that shows the head; it ends at the right edge
MIDDLE_AGED, OLD = 40, 62  # years
# Box of cheeks and forehead in the part, whose median is the tone of a skin: x, y from, x, y to.
TONE = (330, 560, 480, 830)
NECK = (0.016, 0.016)  # metres below the chin where the texture begins to give way to the plain tone, and over how many
UNDER = (-0.85, -0.55)  # of the normal: skin under the chin, where the texture has a seam, has the plain tone
DETAIL = (0.45, 1.9)  # least and most of a texture's light over its tone


def skin_name(character: Character) -> str:
    """Name of the texture in `SKINS` for a sex, an age and an ancestry."""
    ancestry = ("dark", "asian", "light")[int(ancestry_shares(character.ancestry).argmax())]
    age = "young" if character.age < MIDDLE_AGED else "middleage" if character.age < OLD else "old"
    for tone, years in ((ancestry, age), ("light", age), (ancestry, "young"), ("light", "middleage")):
        name = f"{years}_{tone}_{character.sex}"
        if (SKINS / f"{name}.jpg").exists():
            return name
    return f"young_light_{character.sex}"


@lru_cache(maxsize=2)
def _detail(name: str) -> np.ndarray:
    """Linear RGB (h, w, 3) of a texture over its tone: 1 where the skin has the tone of cheeks and forehead."""
    content = np.fromfile(SKINS / f"{name}.jpg", np.uint8)
    texture = np.asarray(cv2.imdecode(content, cv2.IMREAD_COLOR), np.float32)[..., ::-1] / 255
    light = to_linear(texture).astype(np.float32)
    x0, y0, x1, y1 = TONE
    return np.clip(light / np.median(light[y0:y1, x0:x1].reshape(-1, 3), axis=0), *DETAIL)


def complexion(character: Character, skin: Raster, figure: Figure) -> np.ndarray:
    """Light of the skin over its tone at each pixel (h, w, 3): 1 on neck and chest."""
    chin = figure.landmarks[FACE_LOW][1]
    on_head = np.zeros((len(figure.skin), 3), np.float32)
    count = len(figure.uv)
    on_head[:count, :2] = figure.uv
    on_head[:count, 2] = np.clip((figure.skin[:count, 1] - chin + NECK[0]) / NECK[1], 0, 1)
    on_head[:count, 2] *= np.clip((figure.skin_normals[:count, 1] - UNDER[0]) / (UNDER[1] - UNDER[0]), 0, 1)
    shown = skin.spread(on_head)
    columns, rows = shown[..., 0] * SIDE - LEFT - 0.5, (1 - shown[..., 1]) * SIDE - TOP - 0.5
    found = cv2.remap(_detail(skin_name(character)), columns, rows, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return 1 + shown[..., 2:] * (np.clip(found, *DETAIL) - 1)
