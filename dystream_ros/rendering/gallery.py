"""Sheets of what a portrait can do, to be judged by eye."""

from pathlib import Path

import cv2
import numpy as np

from dystream_ros.face.arkit import ARKIT_INDEX, ARKIT_NAMES
from dystream_ros.rendering.backend import PortraitRenderer, open_renderer
from dystream_ros.rendering.camera import Camera
from dystream_ros.rendering.portrait import Portrait

CELL = 96  # pixels a side
SCENE = 512  # pixels that a face is drawn at before it is cut out
LABEL = 15  # pixels of the line above each group
COLUMNS = 4
VISEMES = {
    "sil": {}, "PP": {"mouthPress": 0.4, "mouthRollLower": 0.25, "mouthRollUpper": 0.15},
    "FF": {"jawOpen": 0.06, "mouthRollLower": 0.5, "mouthUpperUp": 0.3}, "TH": {"jawOpen": 0.18, "tongueOut": 0.35},
    "DD": {"jawOpen": 0.18, "mouthLowerDown": 0.25, "mouthUpperUp": 0.15}, "kk": {"jawOpen": 0.22, "mouthStretch": 0.2},
    "CH": {"jawOpen": 0.12, "mouthFunnel": 0.6, "mouthPucker": 0.2},
    "SS": {"jawOpen": 0.05, "mouthStretch": 0.35, "mouthLowerDown": 0.25},
    "RR": {"jawOpen": 0.15, "mouthFunnel": 0.4, "mouthPucker": 0.25}, "aa": {"jawOpen": 0.6, "mouthLowerDown": 0.2},
    "E": {"jawOpen": 0.3, "mouthStretch": 0.35, "mouthUpperUp": 0.2},
    "ih": {"jawOpen": 0.2, "mouthSmile": 0.3, "mouthLowerDown": 0.2},
    "oh": {"jawOpen": 0.38, "mouthFunnel": 0.55}, "ou": {"jawOpen": 0.16, "mouthPucker": 0.8, "mouthFunnel": 0.2},
}  # fmt: skip
EXPRESSIONS = {
    "joy": {"mouthSmile": 0.9, "cheekSquint": 0.6, "eyeSquint": 0.3, "mouthUpperUp": 0.35, "jawOpen": 0.12},
    "surprise": {"browInnerUp": 0.9, "browOuterUp": 0.8, "eyeWide": 0.8, "jawOpen": 0.4},
    "anger": {"browDown": 1.0, "eyeSquint": 0.4, "noseSneer": 0.5, "mouthPress": 0.6},
    "sadness": {"browInnerUp": 0.9, "mouthFrown": 0.8, "mouthShrugLower": 0.4, "eyeLookDown": 0.3},
    "disgust": {"noseSneer": 0.9, "mouthUpperUp": 0.5, "browDown": 0.4, "eyeSquint": 0.4},
    "doubt": {"browOuterUpLeft": 0.9, "browDownRight": 0.6, "mouthLeft": 0.4},
    "wink": {"eyeBlinkLeft": 1.0, "mouthSmileLeft": 0.6, "cheekSquintLeft": 0.5},
    "eyes closed": {"eyeBlink": 1.0},
}  # fmt: skip
TURNS = {
    "yaw -20": (0, 0, -20), "yaw +20": (0, 0, 20), "pitch -15": (0, -15, 0), "pitch +15": (0, 15, 0),
    "roll -15": (-15, 0, 0), "roll +15": (15, 0, 0),
    "yaw +15 pitch +10": (0, 10, 15), "yaw -15 pitch -10": (0, -10, -15),
}  # fmt: skip


def coefficients(named: dict[str, float]) -> np.ndarray:
    """float32 (52,) of values by name; a name without Left or Right stands for both sides."""
    values = np.zeros(52, np.float32)
    for name, value in named.items():
        for full in (name,) if name in ARKIT_INDEX else (f"{name}Left", f"{name}Right"):
            values[ARKIT_INDEX[full]] = value
    return values


def preview_sheet(portrait: Portrait) -> np.ndarray:
    """BGR sheet of a portrait: expressions, visemes and head turns."""
    with _Camera(portrait) as camera:
        rows = [
            _row([camera.face(label, coefficients(named)) for label, named in group])
            for group in (list(EXPRESSIONS.items()), list(VISEMES.items())[:8], list(VISEMES.items())[8:])
        ]
        rows.append(_row([camera.scene(label, np.radians(turn)) for label, turn in TURNS.items()]))
    return _stack(rows)


def gallery_sheet(portrait: Portrait) -> np.ndarray:
    """BGR sheet of a portrait: each coefficient at 0, 0.5 and 1, then what `preview_sheet` shows."""
    with _Camera(portrait) as camera:
        groups = []
        for name in ARKIT_NAMES:
            cells = []
            for amount in (0.0, 0.5, 1.0):
                values = coefficients({name: amount})
                if name in ("mouthClose", "tongueOut"):  # these show only in an open mouth
                    values[ARKIT_INDEX["jawOpen"]] = 0.6 if name == "mouthClose" else 0.3
                    values[ARKIT_INDEX[name]] *= 0.6 if name == "mouthClose" else 1.0
                cells.append(camera.face(name if amount == 0 else "", values))
            groups.append(np.hstack(cells))
    groups += [np.full_like(groups[0], 255)] * (-len(groups) % COLUMNS)
    rows = [_row(groups[start : start + COLUMNS]) for start in range(0, len(groups), COLUMNS)]
    return _stack([*rows, preview_sheet(portrait)])


def write_sheet(sheet: np.ndarray, path: Path) -> None:
    """Writes a sheet as PNG or JPEG by the ending of `path`; raises ValueError for another one."""
    if path.suffix.lower() not in (".png", ".jpg", ".jpeg"):
        raise ValueError(f"a sheet is written as .png or .jpg, got {path}")
    path.parent.mkdir(parents=True, exist_ok=True)
    quality = [] if path.suffix.lower() == ".png" else [cv2.IMWRITE_JPEG_QUALITY, 68]
    path.write_bytes(cv2.imencode(path.suffix, sheet, quality)[1].tobytes())


class _Camera:
    """Draws one portrait into labelled cells: the face close up, or the whole scene."""

    def __init__(self, portrait: Portrait) -> None:
        self._renderer: PortraitRenderer = open_renderer(portrait, SCENE, SCENE)
        marks = np.vstack([portrait.eye_centres, portrait.mouth])
        pixels = Camera(*portrait.camera.tolist()).project(marks) * SCENE / len(portrait.image)
        middle = (pixels[:2].mean(axis=0) + pixels[2]) / 2
        half = 1.2 * np.linalg.norm(pixels[:2].mean(axis=0) - pixels[2])
        self._corner = np.clip(middle - half, 0, SCENE).astype(int)
        self._end = np.clip(middle + half, 0, SCENE).astype(int)

    def face(self, label: str, values: np.ndarray) -> np.ndarray:
        image = self._renderer.render(values, np.zeros(6, np.float32))
        (left, top), (right, bottom) = self._corner, self._end
        return _labelled(label, image[top:bottom, left:right])

    def scene(self, label: str, turn: np.ndarray) -> np.ndarray:
        return _labelled(
            label, self._renderer.render(np.zeros(52, np.float32), np.r_[turn, 0, 0, 0].astype(np.float32))
        )

    def __enter__(self) -> "_Camera":
        return self

    def __exit__(self, *_) -> None:
        self._renderer.close()


def _labelled(label: str, image: np.ndarray) -> np.ndarray:
    cell = np.full((CELL + LABEL, CELL, 3), 255, np.uint8)
    cell[LABEL:] = cv2.resize(image, (CELL, CELL), interpolation=cv2.INTER_AREA)
    cv2.putText(cell, label, (2, LABEL - 4), cv2.FONT_HERSHEY_SIMPLEX, 0.33, (40, 40, 40), 1, cv2.LINE_AA)
    return cell


def _row(cells: list[np.ndarray]) -> np.ndarray:
    gap = np.full((cells[0].shape[0], 6, 3), 255, np.uint8)
    return np.hstack([part for cell in cells for part in (cell, gap)])


def _stack(rows: list[np.ndarray]) -> np.ndarray:
    width = max(row.shape[1] for row in rows)
    return np.vstack(
        [cv2.copyMakeBorder(row, 0, 4, 0, width - row.shape[1], cv2.BORDER_CONSTANT, value=(255,) * 3) for row in rows]
    )
