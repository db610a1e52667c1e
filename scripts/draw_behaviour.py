"""python scripts/draw_behaviour.py: draws the pictures of docs/behaviour.md with the stage and renderer of a head."""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np

from dystream_ros.face.expressions import EXPRESSIONS
from dystream_ros.face.gestures import GESTURES
from dystream_ros.face.motion import ARKIT_LAYOUT, MotionFrame
from dystream_ros.face.numbers import EYES, LIDS, LIPS, VALUES, numbers_of
from dystream_ros.face.stages.directed import DirectedFace
from dystream_ros.rendering.backend import open_renderer
from dystream_ros.rendering.interfaces import Renderer

DOCS = Path(__file__).resolve().parent.parent / "docs"
FRAME = 0.04
LARGEST = 150_000  # bytes of a picture in the repository
POINTS = ((1.0, 0.35, 0.0), (1.0, -0.8, 0.0), (1.0, 0.0, 0.35), (1.0, 0.0, -0.5), (0.3, 0.0, 0.0))


def strip(renderer: Renderer, ask: Callable[[DirectedFace], None], times: Sequence[float]) -> list[np.ndarray]:
    """Pictures at some seconds after a request, on a face that does nothing else."""
    face, numbers, pictures = DirectedFace(ARKIT_LAYOUT), np.zeros(VALUES + 6), []
    ask(face)
    for frame in range(round(max(times) / FRAME) + 1):
        numbers[LIPS | LIDS | EYES] = 0.0  # a model continues only the others from what was shown
        values = numbers.astype(np.float32)
        shown = face.apply(MotionFrame(frame, values[:VALUES], values[VALUES:]), (frame + 0.5) * FRAME)
        numbers = numbers_of(face.fed_back(shown))
        pictures += [renderer.render(shown)] * sum(round(time / FRAME) == frame for time in times)
    return pictures


def labelled(picture: np.ndarray, text: str) -> np.ndarray:
    for colour, width in ((255, 3), (0, 1)):
        cv2.putText(picture, text, (4, 14), cv2.FONT_HERSHEY_SIMPLEX, 0.42, (colour,) * 3, width, cv2.LINE_AA)
    return picture


def save(name: str, rows: list[list[np.ndarray]]) -> None:
    sheet = np.vstack([np.hstack(row) for row in rows])
    for quality in range(85, 20, -5):
        data = cv2.imencode(".jpg", sheet, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()
        if len(data) < LARGEST:
            break
    (DOCS / name).write_bytes(data)
    sys.stdout.write(f"docs/{name}: {len(data) // 1000} kB, quality {quality}\n")


def main() -> None:
    with open_renderer("lumi", width=150, height=150, framing="head") as renderer:
        cells = [
            labelled(strip(renderer, lambda face, name=name: face.express(name), [1.2])[0], name)
            for name in EXPRESSIONS
        ]
        save("behaviour_expressions.jpg", [cells[row : row + 5] for row in range(0, len(cells), 5)])
    with open_renderer("lumi", width=96, height=96, framing="head") as renderer:
        rows = []
        for name, gesture in GESTURES.items():
            times = np.linspace(FRAME, gesture.seconds - 2 * FRAME, 7).tolist()
            pictures = strip(renderer, lambda face, name=name: face.gesture(name), times)
            labelled(pictures[0], f"{name}")
            labelled(pictures[-1], f"{gesture.seconds:.2f} s")
            rows.append(pictures)
        save("behaviour_gestures.jpg", rows)
    with open_renderer("lumi", width=130, height=130, framing="head") as renderer:
        times = [0.04, 0.12, 0.2, 0.32, 0.48, 0.8, 1.4, 2.8]
        rows = [strip(renderer, lambda face, point=point: face.look_at(*point), times) for point in POINTS]
        for row, point in zip(rows, POINTS):
            labelled(row[0], "{} {} {}".format(*point))
        for picture, time in zip(rows[0][1:], times[1:]):
            labelled(picture, f"{time:g} s")
        save("behaviour_gaze.jpg", rows)


if __name__ == "__main__":
    main()
