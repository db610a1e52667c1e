"""Calibration of the published model end to end through pictures, on a stand-in decoder whose pictures hold a face.

Latents drive the mesh renderer through a known mixing matrix; MediaPipe reads the pictures; the coefficients that the
readout recovers are compared with the true ones. Half of the table's columns read the landmarker's scores alone, half a
reader that was taught the face first. Needs the packages of `make setup`'s part `portrait`. `--frames` are pictures, as
many to teach the reader and as many to calibrate with; lessons and motions are drawn independently.
"""

import numpy as np
import torch
from tqdm import tqdm

from benchmarks import released_report
from dystream_ros.face.arkit import ARKIT_NAMES
from dystream_ros.rendering import open_renderer
from dystream_ros.training.released.calibration import calibrate
from dystream_ros.training.released.landmark_reader import LandmarkReader, Reading, pose_of
from dystream_ros.training.released.regression import correlations
from dystream_ros.training.released.taught_reader import TaughtReader, random_expression

FACE, COORDINATES, WANTED = "astronaut", 64, 0.95


class Noted:
    """A landmarker whose pictures are its readings already: both columns read the same ones."""

    def detect(self, picture: Reading) -> Reading:
        return picture


def measure(pictures: int, threads: int) -> dict[str, object]:
    """Correlations of recovered with true coefficients, motions that no fit has seen included."""
    torch.set_num_threads(threads)
    random = np.random.default_rng(1)
    numbers = [np.concatenate(random_expression(random)) for _ in range(pictures)]
    mixing = np.random.default_rng(2).standard_normal((len(numbers[0]), COORDINATES)) / 8
    motions = (np.stack(numbers) @ mixing).astype(np.float32)
    renderer = open_renderer(FACE, 512, 512)
    with LandmarkReader() as landmarker, tqdm(total=2 * pictures, unit="picture", disable=None) as bar:

        def draw(values: np.ndarray, pose: np.ndarray) -> np.ndarray:
            bar.update()
            return renderer.render(values.astype(np.float32), pose.astype(np.float32))

        taught = TaughtReader.teach(landmarker, draw, pictures)
        rest = landmarker.detect(draw(np.zeros(52), np.zeros(6)))
        readings = [landmarker.detect(draw(row[:52], row[52:])) for row in numbers]
    renderer.close()
    found = [index for index, reading in enumerate(readings) if reading is not None]
    taught = TaughtReader(Noted(), rest, taught.weight, taught.bias)
    readers = {
        "scores": lambda reading: np.concatenate((reading.scores, pose_of(reading.transform, rest.transform))),
        "taught": taught.read,
    }
    held = np.arange(len(found)) % 5 == 4
    true, rows = np.stack(numbers)[found], {}
    for name, read in readers.items():
        by_motion = {motions[index].tobytes(): readings[index] for index in found}
        identity, zero = torch.eye(COORDINATES), torch.zeros(COORDINATES)
        readout = calibrate(motions[found], identity, zero, lambda m, by=by_motion: by[m.tobytes()], read).readout
        recovered = np.stack([np.concatenate(readout.read(motion)) for motion in motions[found]])
        rows[name] = correlations(recovered[held], true[held])
    names = (*ARKIT_NAMES, "roll", "pitch", "yaw", "x", "y", "z")
    by_name = {name: {way: float(rows[way][index]) for way in rows} for index, name in enumerate(names)}
    return {"frames": pictures, "threads": threads, "lost": pictures - len(found), "rows": by_name}


def table(result: dict) -> list[str]:
    """Lines of the table, best first, and how many come up to what is wanted."""
    rows = result["rows"]
    lines = ["| coefficient | landmarker's scores | taught the face |", "|---|---|---|"]
    best_first = sorted(rows, key=lambda name: -rows[name]["taught"])
    lines += [f"| {name} | {rows[name]['scores']:.2f} | {rows[name]['taught']:.2f} |" for name in best_first]
    good = [sum(rows[name][way] >= WANTED for name in ARKIT_NAMES) for way in ("scores", "taught")]
    return [
        *lines,
        "",
        f"{WANTED} or more: {good[0]} of 52 by the scores, {good[1]} of 52 by a reader that was taught.",
    ]


if __name__ == "__main__":
    raise SystemExit(released_report.main("calibration", __doc__, measure, table, frames=2000))
