"""Reads the coefficients back from pictures of faces, with MediaPipe's face landmarker: python -m benchmarks.read_back

Every face is drawn with each coefficient alone at LEVELS, in TURNS of the head. The drawn value is correlated with the
score of the same name, and with its log odds, because scores are outputs of a logistic function. Faces with several
coefficients at once then give the largest score of each. Needs the part `portrait` of requirements.txt.
"""

import argparse
import json
import re
from pathlib import Path

import cv2
import numpy as np
from tqdm import tqdm

from benchmarks.face_measures import measure
from dystream_ros.face.arkit import ARKIT_INDEX, ARKIT_NAMES
from dystream_ros.face.motion import MotionFrame
from dystream_ros.portraits.gallery import coefficients
from dystream_ros.portraits.landmarks import Landmarker
from dystream_ros.rendering.backend import open_renderer

FACES = ("astronaut", "ada", "kofi", "mei", "henrik", "amara", "leo")
LEVELS = (0.0, 0.25, 0.5, 0.75, 1.0)
TURNS = ((0, 0, 0), (1, 2, 4), (-1, -2, -4))  # roll, pitch, yaw in degrees
CONTEXT = {"mouthClose": ("jawOpen", 0.6), "tongueOut": ("jawOpen", 0.3)}  # context in which these are visible
LIMITS = {"mouthClose": 0.6}  # largest drawn value: beyond the opening of the jaw it has no effect
MIXTURES, MIXED = 100, 6  # pictures with several coefficients per face, and the number of coefficients
UNSEEN = 0.1  # a score below this in every picture is uninformative
LEAST = 1e-4
SIZE = 512
PAGE, FIGURES = Path("docs/read_back.md"), Path("benchmarks/read_back.json")


class Reader:
    """Draws and reads one face."""

    def __init__(self, face: str, landmarker: Landmarker) -> None:
        self._renderer, self._landmarker = open_renderer(face, SIZE, SIZE), landmarker

    def read(self, named: dict[str, float], turn=(0, 0, 0)):
        """The face in the picture of coefficients by name, or None."""
        pose = np.r_[np.radians(turn), 0, 0, 0].astype(np.float32)
        faces = self._landmarker.detect(self._renderer.render(MotionFrame(0, coefficients(named), pose)))
        return faces[0] if faces else None

    def __enter__(self) -> "Reader":
        return self

    def __exit__(self, *_) -> None:
        self._renderer.close()


def read_alone(reader: Reader, name: str) -> dict[str, object]:
    """Correlations of one coefficient with its score and with a distance between landmarks; scores at rest and at 1."""
    drawn, scores, distances = [], [], []
    for turn in TURNS:
        for level in LEVELS:
            amount = level * LIMITS.get(name, 1.0)
            face = reader.read({**dict([CONTEXT[name]] if name in CONTEXT else []), name: amount}, turn)
            if face is None:
                continue
            drawn.append(amount)
            scores.append(face.scores.get(name, 0.0))
            distances.append(measure(name, face.landmarks))
    levels = np.array(drawn)
    return {
        "score": correlation(levels, np.array(scores)),
        "log_odds": correlation(levels, log_odds(np.array(scores))),
        "distance": None if None in distances else correlation(levels, np.array(distances)),
        "from": float(np.mean(np.array(scores)[levels == 0])),
        "to": float(np.mean(np.array(scores)[levels == levels.max()])),
        "read": len(drawn) / (len(TURNS) * len(LEVELS)),
    }


def log_odds(scores: np.ndarray) -> np.ndarray:
    """Log odds of scores, the input of the network's last logistic function; scores are at least LEAST."""
    bounded = np.clip(scores, LEAST, 1 - LEAST)
    return np.log(bounded / (1 - bounded))


def correlation(drawn: np.ndarray, found: np.ndarray) -> float:
    """Pearson's correlation; 0 for constants."""
    if drawn.std() < 1e-9 or found.std() < 1e-9:
        return 0.0
    return float(np.corrcoef(drawn, found)[0, 1])


def largest_scores(reader: Reader, random: np.random.Generator) -> dict[str, float]:
    """The largest score of each coefficient in pictures with several active coefficients."""
    largest = dict.fromkeys(ARKIT_NAMES, 0.0)
    for _ in range(MIXTURES):
        chosen = random.choice(len(ARKIT_NAMES), MIXED, replace=False)
        face = reader.read({ARKIT_NAMES[index]: float(random.uniform(0.4, 1)) for index in chosen})
        for name in ARKIT_NAMES if face else ():
            largest[name] = max(largest[name], face.scores.get(name, 0.0))
    return largest


def read_photos(folder: Path, landmarker: Landmarker) -> dict[str, object]:
    """The largest score of each coefficient in photos and videos of people, and the number of faces."""
    largest, count = dict.fromkeys(ARKIT_NAMES, 0.0), 0
    for path in tqdm(sorted(folder.iterdir()), desc="photos"):
        film = cv2.VideoCapture(str(path))
        number = 0
        while True:
            found, image = film.read()
            if not found:
                break
            number += 1
            if number % 3 != 1:
                continue
            for face in landmarker.detect(image):
                count += 1
                for name in ARKIT_NAMES:
                    largest[name] = max(largest[name], face.scores.get(name, 0.0))
    return {"faces": count, "largest": largest}


def read_back(faces: list[str], names: list[str], photos: Path | None) -> dict[str, object]:
    """All figures, as in the JSON file."""
    alone: dict[str, dict] = {}
    largest = dict.fromkeys(names, 0.0)
    with Landmarker() as landmarker:
        for face in faces:
            with Reader(face, landmarker) as reader:
                alone[face] = {name: read_alone(reader, name) for name in tqdm(names, desc=face)}
                mixed = largest_scores(reader, np.random.default_rng(0))
            for name in names:
                largest[name] = max(largest[name], mixed[name], alone[face][name]["to"])
        seen_in_photos = read_photos(photos, landmarker) if photos else None
    rows = {name: summary(name, alone) | {"largest_score": largest[name]} for name in names}
    return {"faces": faces, "coefficients": rows, "photos": seen_in_photos, "alone": alone}


def summary(name: str, alone: dict[str, dict]) -> dict[str, object]:
    """The figures of a coefficient over all faces."""
    found = {face: figures[name] for face, figures in alone.items()}
    row: dict[str, object] = {}
    for kind in ("score", "log_odds"):
        lowest = min(found, key=lambda face: found[face][kind])
        median = float(np.median([each[kind] for each in found.values()]))
        row[kind] = {"median": median, "lowest": found[lowest][kind], "lowest_face": lowest}
    distances = [each["distance"] for each in found.values()]
    row["distance"] = None if None in distances else float(np.median(distances))
    return row | {end: float(np.mean([each[end] for each in found.values()])) for end in ("from", "to")}


def table(figures: dict[str, object]) -> str:
    """Markdown table, one row per coefficient."""
    rows = [
        "| coefficient | score: median, lowest | log odds: median, lowest | score at 0, at 1 | largest | landmarks |",
        "|---|---|---|---|---|---|",
    ]
    for name, row in figures["coefficients"].items():
        shown = [
            "unseen"
            if row["largest_score"] < UNSEEN
            else f"{row[kind]['median']:.2f}, {row[kind]['lowest']:.2f} ({row[kind]['lowest_face']})"
            for kind in ("score", "log_odds")
        ]
        distance = "" if row["distance"] is None else f"{row['distance']:.2f}"
        ends = f"{row['from']:.2f}, {row['to']:.2f} | {row['largest_score']:.2f}"
        rows.append(f"| `{name}` | {shown[0]} | {shown[1]} | {ends} | {distance} |")
    return "\n".join(rows)


def rounded(value):
    """Figures rounded to three digits for the JSON file."""
    if isinstance(value, dict):
        return {key: rounded(each) for key, each in value.items()}
    return round(float(value), 3) if isinstance(value, float) else value


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.read_back", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("faces", nargs="*", default=FACES, metavar="FACE", help=f"default: {' '.join(FACES)}")
    parser.add_argument(
        "--only", nargs="+", default=ARKIT_NAMES, metavar="COEFFICIENT", help="print a table of these only"
    )
    parser.add_argument(
        "--photos", type=Path, help="folder of photos and videos of people: report their largest scores"
    )
    args = parser.parse_args()
    unknown = set(args.only) - set(ARKIT_INDEX)
    if unknown:
        parser.error(f"{', '.join(sorted(unknown))}: no coefficients of ARKit")
    figures = read_back(list(args.faces), list(args.only), args.photos)
    print(table(figures))
    if tuple(args.only) == ARKIT_NAMES and tuple(args.faces) == FACES:
        FIGURES.write_text(json.dumps(rounded(figures)) + "\n")
        begin, end = "<!-- table -->\n", "\n<!-- end -->"
        pattern, text = re.escape(begin) + ".*?" + re.escape(end), begin + table(figures) + end
        PAGE.write_text(re.sub(pattern, lambda _: text, PAGE.read_text(), flags=re.DOTALL))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
