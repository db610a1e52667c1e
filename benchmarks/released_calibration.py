"""Calibration of the published model end to end through pictures, with the mesh renderer in place of the decoder.

Latents drive the mesh renderer through a known mixing matrix; MediaPipe finds the face in the pictures; the
coefficients that the readout recovers are compared with the true ones, on the held-out fifth. Columns of the table:
- the landmarker's scores alone;
- a reader that was trained on the face;
- the same reader for pictures that differ from those it was trained on: larger, turned, softer, warmer, of another
  contrast, with noise;
- the share of the picture that the coefficient changes.

Needs the packages that `scripts/setup.sh portrait` installs. `--frames` is the number of pictures to train the reader,
and of pictures to calibrate with; both are drawn independently. 4000 take ten to twenty minutes on one core.
"""

import cv2
import numpy as np
import torch
from tqdm import tqdm

from benchmarks import released_report
from dystream_lab.released.calibration import Expect, Numbers, calibrate
from dystream_lab.released.landmark_reader import LandmarkReader
from dystream_lab.released.regression import HELD_OUT, correlations
from dystream_lab.released.taught_reader import TaughtReader, random_expression
from dystream_ros.face.arkit import ARKIT_NAMES
from dystream_ros.face.motion import POSE_NAMES, MotionFrame
from dystream_ros.rendering.backend import open_renderer
from dystream_ros.rendering.interfaces import Renderer

FACE, SIZE, COORDINATES, WANTED = "astronaut", 512, 64, 0.95
NAMES = (*ARKIT_NAMES, *POSE_NAMES)
WAYS = {"scores": "landmarker's scores", "taught": "taught the face", "otherwise": "taught, painted otherwise"}
SCORES_AND_POSE = np.r_[:52, 52 + 3 * 478 : 52 + 3 * 478 + 6]  # of the features of a `RestingFace`
SEEN_BY = 3  # smallest change of a pixel that is counted, in levels of 255


def painted_otherwise(picture: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """The picture (SIZE, SIZE, 3) with the differences of another renderer: larger, turned, softer, warmer, noisy."""
    middle = cv2.getRotationMatrix2D((SIZE / 2, SIZE / 2), 2.0, 1.06)
    softer = cv2.GaussianBlur(
        cv2.warpAffine(picture, middle, (SIZE, SIZE), borderMode=cv2.BORDER_REPLICATE), (0, 0), 1.2
    )
    warmer = (softer / 255) ** 1.15 * (0.85, 0.95, 1.05) * 255
    return (warmer + random.normal(0, 2, picture.shape)).clip(0, 255).astype(np.uint8)


def recovered(motions: np.ndarray, true: np.ndarray, looks: list, numbers: Numbers, expect: Expect | None = None):
    """Correlations (58,) of the values that a calibration recovers with the true ones (n, 58), on held-out rows."""
    readout = calibrate(motions, torch.eye(COORDINATES), torch.zeros(COORDINATES), looks, numbers, expect).readout
    found = np.array([look is not None for look in looks])
    held = np.arange(found.sum()) % HELD_OUT == HELD_OUT - 1
    read = np.stack([np.concatenate(readout.read(motion)) for motion in motions[found][held]])
    return correlations(read, true[found][held])


def measure(pictures: int, threads: int) -> dict[str, object]:
    """Correlations of recovered with true coefficients, by each way of reading."""
    torch.set_num_threads(threads)
    cv2.setNumThreads(threads)
    random = np.random.default_rng(1)
    true = np.stack([np.concatenate(random_expression(random)) for _ in range(pictures)])
    mixing = np.random.default_rng(2).standard_normal((len(NAMES), COORDINATES)) / 8
    motions = (true @ mixing).astype(np.float32)
    renderer = open_renderer(FACE, SIZE, SIZE)
    rows = {}
    with LandmarkReader() as landmarker, tqdm(total=5 * pictures, unit="picture", disable=None) as bar:

        def draw(values: np.ndarray, pose: np.ndarray) -> np.ndarray:
            bar.update()
            return renderer.render(MotionFrame(0, values.astype(np.float32), pose.astype(np.float32)))

        taught, grain = TaughtReader.teach(landmarker, draw, pictures), np.random.default_rng(3)
        rest = draw(np.zeros(52), np.zeros(6)).copy()
        taught.set_neutral(rest)
        looks = [taught.look(draw(row[:52], row[52:])) for row in true]
        scores = [None if look is None else look[SCORES_AND_POSE] for look in looks]
        rows["scores"] = recovered(motions, true, scores, lambda looks: looks)
        rows["taught"] = recovered(motions, true, looks, taught.numbers, taught.expect)
        taught.set_neutral(painted_otherwise(rest, grain))
        others = [taught.look(painted_otherwise(draw(row[:52], row[52:]), grain)) for row in true]
        rows["otherwise"] = recovered(motions, true, others, taught.numbers, taught.expect)
        shows = [_share_that_changes(index, renderer, rest) for index in range(len(NAMES))]
    renderer.close()
    by_name = {
        name: {way: float(rows[way][index]) for way in rows} | {"shows": shows[index]}
        for index, name in enumerate(NAMES)
    }
    return {
        "frames": pictures,
        "threads": threads,
        "lost": sum(look is None for look in looks),
        "condition": float(np.linalg.cond(mixing)),
        "moved": dict(zip(NAMES, true.std(0).tolist())),
        "rows": by_name,
    }


def _share_that_changes(index: int, renderer: Renderer, rest: np.ndarray) -> float:
    """Share of the picture's pixels that a coefficient alone, at its extreme, changes visibly."""
    values, pose = np.zeros(52, np.float32), np.zeros(6, np.float32)
    if index < 52:
        values[index] = 1
    else:
        pose[index - 52] = 0.12 if index < 55 else 0.01
    before = rest
    if NAMES[index] in ("mouthClose", "tongueOut"):  # these show in an open mouth alone
        open_mouth = np.zeros(52, np.float32)
        open_mouth[ARKIT_NAMES.index("jawOpen")] = values[ARKIT_NAMES.index("jawOpen")] = 1
        before = renderer.render(MotionFrame(0, open_mouth, pose))
    change = np.abs(renderer.render(MotionFrame(0, values, pose)).astype(int) - before)
    return float((change.max(-1) >= SEEN_BY).mean())


def table(result: dict) -> list[str]:
    """Lines of the table, best first, and the number of coefficients that reach WANTED."""
    rows = result["rows"]
    lines = [f"| coefficient | {' | '.join(WAYS.values())} | pixels it changes |", "|---" * (len(WAYS) + 2) + "|"]
    for name in sorted(rows, key=lambda name: -rows[name]["taught"]):
        figures = " | ".join(f"{rows[name][way]:.2f}" for way in WAYS)
        lines.append(f"| {name} | {figures} | {100 * rows[name]['shows']:.1f} % |")
    good = [f"{sum(rows[name][way] >= WANTED for name in ARKIT_NAMES)} ({title})" for way, title in WAYS.items()]
    return [*lines, "", f"{WANTED} or more, of 52: {', '.join(good)}."]


if __name__ == "__main__":
    raise SystemExit(released_report.main("calibration", __doc__, measure, table, frames=4000))
