"""Sheets of pictures that show what a portrait can do: coefficients, visemes, expressions, turns, film strips."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from dystream_ros.face.arkit import ARKIT_INDEX, ARKIT_NAMES
from dystream_ros.face.motion import MotionFrame
from dystream_ros.rendering.backend import open_renderer
from dystream_ros.rendering.camera import Camera
from dystream_ros.rendering.portrait import Floats, Picture, Portrait

CELL, WIDE = 144, (132, 88)  # pixels of a whole face or scene, and across and down of a part of a face
SCENE = 768  # width and height in pixels of a picture before a part of it is cut out
LABEL, MARGIN = 15, 150  # pixels: height of the label above a picture, width of the name beside a row
AMOUNTS = (0.0, 0.5, 1.0)
# Parts of a face as (left, top, right, bottom), from the middle between the eyes, in distances from there to the mouth.
PARTS = {
    "eyes": (-1.2, -0.85, 1.2, 0.75), "mouth": (-1.2, 0.25, 1.2, 1.85), "face": (-1.35, -0.75, 1.35, 1.95),
}  # fmt: skip
UPPER = ("eye", "brow")  # coefficients with these prefixes show at the eyes, the others at the mouth
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
    "+15 yaw +10 pitch": (0, 10, 15), "-15 yaw -10 pitch": (0, -10, -15),
}  # fmt: skip


def coefficients(named: dict[str, float]) -> NDArray[np.float32]:
    """Coefficients float32 (52,) from values by name; a name without Left or Right sets both sides."""
    values = np.zeros(52, np.float32)
    for name, value in named.items():
        for full in (name,) if name in ARKIT_INDEX else (f"{name}Left", f"{name}Right"):
            values[ARKIT_INDEX[full]] = value
    return values


def preview_sheet(portrait: Portrait) -> Picture:
    """BGR sheet of a portrait: expressions, visemes and head turns."""
    return stacked([expressions_sheet([portrait]), visemes_sheet([portrait]), turns_sheet([portrait])])


def coefficients_sheet(portraits: Sequence[Portrait]) -> Picture:
    """BGR sheet in two columns with a row per coefficient: at 0, 0.5 and 1, portraits beside each other."""
    cameras = [_Camera(portrait) for portrait in portraits]
    rows = []
    for name in ARKIT_NAMES:
        cells = []
        for camera in cameras:
            for amount in AMOUNTS:
                values = coefficients({name: amount})
                if name in ("mouthClose", "tongueOut"):  # these show only in an open mouth
                    values[ARKIT_INDEX["jawOpen"]] = 0.6 if name == "mouthClose" else 0.3
                    values[ARKIT_INDEX[name]] *= 0.6 if name == "mouthClose" else 1.0
                part = "eyes" if name.startswith(UPPER) else "mouth"
                cells.append(_cell(camera.part(part, values), *WIDE))
            cells.append(np.full((WIDE[1], 6, 3), 255, np.uint8))
        rows.append(np.hstack([_words(name, MARGIN, WIDE[1]), *cells]))
    _close(cameras)
    half = (len(rows) + 1) // 2
    return beside([stacked(rows[:half]), stacked(rows[half:])])


def expressions_sheet(portraits: Sequence[Portrait]) -> Picture:
    """BGR sheet of expressions, one row per portrait."""
    return _faces_sheet(portraits, EXPRESSIONS)


def visemes_sheet(portraits: Sequence[Portrait]) -> Picture:
    """BGR sheet of the mouth in speech, two rows per portrait."""
    names = list(VISEMES)
    halves = [{name: VISEMES[name] for name in part} for part in (names[: len(names) // 2], names[len(names) // 2 :])]
    return stacked([_faces_sheet(portraits, half) for half in halves])


def turns_sheet(portraits: Sequence[Portrait]) -> Picture:
    """BGR sheet of turns of the head, one row per portrait."""
    rows = []
    for portrait in portraits:
        camera = _Camera(portrait)
        poses = {label: np.r_[np.radians(turn), 0, 0, 0].astype(np.float32) for label, turn in TURNS.items()}
        rest = np.zeros(52, np.float32)
        rows.append(beside([_labelled(label, camera.scene(rest, pose)) for label, pose in poses.items()]))
        _close([camera])
    return stacked(rows)


def strip_sheet(portraits: Sequence[Portrait], motions: Sequence[MotionFrame], labels: Sequence[str]) -> Picture:
    """BGR film strip of labelled motions, one row per portrait."""
    rows = []
    for portrait in portraits:
        camera = _Camera(portrait)
        scenes = [camera.scene(motion.values, motion.head_pose) for motion in motions]
        rows.append(beside([_labelled(label, scene) for label, scene in zip(labels, scenes, strict=True)], gap=2))
        _close([camera])
    return stacked(rows)


def titled(title: str, sheet: Picture) -> Picture:
    """A sheet under its title."""
    return stacked([_words(title, sheet.shape[1], 26, size=0.55), sheet])


def stacked(rows: Sequence[Picture]) -> Picture:
    """Pictures below each other, on white."""
    width = max(row.shape[1] for row in rows)
    return np.vstack(
        [cv2.copyMakeBorder(row, 0, 4, 0, width - row.shape[1], cv2.BORDER_CONSTANT, value=(255,) * 3) for row in rows]
    )


def beside(cells: Sequence[Picture], gap: int = 6) -> Picture:
    """Pictures beside each other, on white."""
    height = max(cell.shape[0] for cell in cells)
    return np.hstack(
        [
            cv2.copyMakeBorder(cell, 0, height - cell.shape[0], 0, gap, cv2.BORDER_CONSTANT, value=(255,) * 3)
            for cell in cells
        ]
    )


def write_sheet(sheet: Picture, path: Path, quality: int = 80) -> None:
    """Write a sheet as PNG or JPEG, by the suffix of `path`. Raises ValueError for another suffix."""
    if path.suffix.lower() not in (".png", ".jpg", ".jpeg"):
        raise ValueError(f"a sheet is written as .png or .jpg, got {path}")
    path.parent.mkdir(parents=True, exist_ok=True)
    setting = [] if path.suffix.lower() == ".png" else [cv2.IMWRITE_JPEG_QUALITY, quality]
    path.write_bytes(cv2.imencode(path.suffix, sheet, setting)[1].tobytes())


class _Camera:
    """Takes pictures of one portrait: a part of the face close up, or the head."""

    def __init__(self, portrait: Portrait) -> None:
        self.renderer = open_renderer(portrait, SCENE, SCENE, framing="head")
        zoom, shift = self.renderer.view.placed(portrait)
        marks = np.vstack([portrait.eye_centres, portrait.mouth])
        pixels = Camera(*portrait.camera.tolist()).project(marks) * zoom + shift
        self._middle = pixels[:2].mean(axis=0)
        self._unit = np.linalg.norm(pixels[2] - self._middle)

    def part(self, name: str, values: Floats) -> Picture:
        image = self.scene(values, np.zeros(6, np.float32))
        corners = np.tile(self._middle, 2) + self._unit * np.array(PARTS[name])
        left, top, right, bottom = np.clip(corners, 0, SCENE).astype(int)
        return image[top:bottom, left:right]

    def scene(self, values: Floats, pose: Floats) -> Picture:
        return self.renderer.render(MotionFrame(0, values, pose))


def _close(cameras: list[_Camera]) -> None:
    for camera in cameras:
        camera.renderer.close()


def _faces_sheet(portraits: Sequence[Portrait], group: dict[str, dict[str, float]]) -> Picture:
    rows = []
    for portrait in portraits:
        camera = _Camera(portrait)
        rows.append(
            beside([_labelled(name, camera.part("face", coefficients(named))) for name, named in group.items()])
        )
        _close([camera])
    return stacked(rows)


def _cell(image: Picture, width: int, height: int) -> Picture:
    return np.asarray(cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def _words(text: str, width: int, height: int, size: float = 0.42) -> Picture:
    field = np.full((height, width, 3), 255, np.uint8)
    cv2.putText(field, text, (4, height // 2 + 5), cv2.FONT_HERSHEY_SIMPLEX, size, (40, 40, 40), 1, cv2.LINE_AA)
    return field


def _labelled(label: str, image: Picture) -> Picture:
    return np.vstack([_words(label, CELL, LABEL, size=0.31), _cell(image, CELL, CELL)])
