"""Makes docs/photos.jpg: photos of many kinds as portraits, at rest, speaking, nodding, turned and blinking.

    python scripts/draw_photo_kinds.py [--jobs N] [--kinds NAME ...] [--output FILE] [--photos FOLDER]

The photos are made of the astronaut's, of the shipped characters, of Grace Hopper's (US Navy, public domain, in
matplotlib) and, with --photos, of all JPEG and PNG files of a folder. The verdict about each is printed.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import cv2  # noqa: E402
import matplotlib  # noqa: E402
import numpy as np  # noqa: E402

from dystream_ros.face.motion import MotionFrame  # noqa: E402
from dystream_ros.portraits.gallery import coefficients, write_sheet  # noqa: E402
from dystream_ros.portraits.prepare import examine_photo  # noqa: E402
from dystream_ros.rendering.backend import open_renderer  # noqa: E402
from dystream_ros.rendering.photo import read_picture  # noqa: E402
from dystream_ros.rendering.portrait import PortraitError, load_portrait  # noqa: E402

CELL = 132  # pixels of a picture in the sheet
# Coefficients; roll, pitch and yaw in degrees.
SHOWN: tuple[tuple[dict[str, float], tuple[float, float, float]], ...] = (
    ({}, (0, 0, 0)), ({"jawOpen": 0.5}, (0, 0, 0)), ({}, (0, 15, 0)), ({}, (0, -10, 0)), ({}, (0, 0, 20)),
    ({"mouthSmile": 0.8, "eyeBlink": 1.0}, (0, 0, -20)),
)  # fmt: skip


def astronaut() -> np.ndarray:
    """The photo of the astronaut, uint8 (768, 768, 3), BGR."""
    return load_portrait("astronaut").image


def rendered(name: str, pose: tuple[float, float, float] = (0, 0, 0), **named: float) -> np.ndarray:
    """A picture of a shipped character, 700 x 700 pixels."""
    with open_renderer(name, 700, 700) as renderer:
        return renderer.render(MotionFrame(0, coefficients(named), np.r_[np.radians(pose), 0, 0, 0].astype(np.float32)))


def on_plain(top: tuple[int, int, int]) -> np.ndarray:
    """The astronaut before one colour."""
    portrait = load_portrait("astronaut")
    share = portrait.matte[..., None] / 255.0
    return (portrait.image * share + np.array(top) * (1 - share)).astype(np.uint8)


def glasses(image: np.ndarray) -> np.ndarray:
    worn = image.copy()
    for x in (310, 442):
        cv2.ellipse(worn, (x, 290), (52, 40), 0, 0, 360, (20, 20, 20), 7, cv2.LINE_AA)
    return cv2.line(worn, (362, 285), (390, 285), (20, 20, 20), 7, cv2.LINE_AA)


def sunglasses(image: np.ndarray) -> np.ndarray:
    worn = glasses(image)
    for x in (310, 442):
        cv2.ellipse(worn, (x, 290), (52, 40), 0, 0, 360, (28, 24, 22), -1, cv2.LINE_AA)
    return worn


def hat(image: np.ndarray) -> np.ndarray:
    worn = image.copy()
    cv2.ellipse(worn, (365, 140), (190, 130), 0, 180, 360, (60, 40, 130), -1, cv2.LINE_AA)
    return cv2.ellipse(worn, (365, 150), (250, 26), 0, 0, 360, (45, 30, 100), -1, cv2.LINE_AA)


def beard(image: np.ndarray) -> np.ndarray:
    grown = image.copy()
    noise = np.random.default_rng(0).integers(20, 70, (*image.shape[:2], 1), np.uint8).repeat(3, axis=2)
    mask = cv2.ellipse(np.zeros(image.shape[:2], np.uint8), (375, 410), (85, 95), 0, 10, 170, 255, -1)
    grown[mask > 0] = cv2.GaussianBlur(noise, (0, 0), 1)[mask > 0]
    return grown


def grey(image: np.ndarray) -> np.ndarray:
    return np.asarray(cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR), np.uint8)


def hopper() -> np.ndarray:
    return read_picture(Path(matplotlib.get_data_path()) / "sample_data" / "grace_hopper.jpg")


def with_neighbour() -> np.ndarray:
    other = cv2.resize(hopper(), (512, 600))[60:572]
    return np.hstack([cv2.resize(astronaut(), (512, 512)), other])


KINDS: dict[str, Callable[[], np.ndarray]] = {
    "plain": astronaut,
    "hat, glasses, flags": hopper,
    "cut at the top": lambda: astronaut()[105:],
    "tight": lambda: astronaut()[90:560, 180:590],
    "cut at a side": lambda: astronaut()[:, 235:],
    "grey": lambda: grey(astronaut()),
    "sepia": lambda: np.clip(grey(astronaut()) * (0.62, 0.82, 1.0) + (8, 4, 0), 0, 255).astype(np.uint8),
    "film grain": lambda: np.clip(
        grey(astronaut()) + np.random.default_rng(1).normal(0, 14, (768, 768, 1)), 0, 255
    ).astype(np.uint8),
    "dark": lambda: (astronaut() * 0.35).astype(np.uint8),
    "small": lambda: cv2.resize(astronaut(), (220, 220), interpolation=cv2.INTER_AREA),
    "glasses": lambda: glasses(astronaut()),
    "sunglasses": lambda: sunglasses(astronaut()),
    "hat": lambda: hat(astronaut()),
    "beard": lambda: beard(astronaut()),
    "neighbour": with_neighbour,
    "hair on its own colour": lambda: on_plain((40, 75, 95)),
    "black": lambda: on_plain((0, 0, 0)),
    "afro": lambda: rendered("amara"),
    "dark long hair": lambda: rendered("mei"),
    "grey hair, beard": lambda: rendered("henrik"),
    "turned": lambda: rendered("kofi", (3, 4, 16)),
    "mouth open": lambda: rendered("ada", jawOpen=0.5),
    "grin": lambda: rendered("leo", mouthSmile=0.9, jawOpen=0.15),
    "drawing": lambda: rendered("lumi"),
    "face cut": lambda: astronaut()[300:],
}


def row(name: str, photo: Path) -> np.ndarray | None:
    """The pictures of one photo beside each other; prints its verdict. None if it is refused."""
    try:
        portrait, notes = examine_photo(photo)
    except PortraitError as error:
        print(f"{name}: refused: {error}")
        return None
    print(f"{name}: {'; '.join(notes) or 'good'}")
    with open_renderer(portrait, 2 * CELL, 2 * CELL) as renderer:
        cells = [
            renderer.render(MotionFrame(0, coefficients(named), np.r_[np.radians(turn), 0, 0, 0].astype(np.float32)))
            for named, turn in SHOWN
        ]
    shown = np.hstack([cv2.resize(cell, (CELL, CELL), interpolation=cv2.INTER_AREA) for cell in cells])
    cv2.putText(shown, name, (4, CELL - 5), cv2.FONT_HERSHEY_SIMPLEX, 0.36, (0, 0, 0), 3, cv2.LINE_AA)
    return cv2.putText(shown, name, (4, CELL - 5), cv2.FONT_HERSHEY_SIMPLEX, 0.36, (255, 255, 255), 1, cv2.LINE_AA)


def kind_row(name: str) -> np.ndarray | None:
    """The pictures of one of `KINDS`; see `row`."""
    with tempfile.TemporaryDirectory() as folder:
        photo = Path(folder) / "photo.png"
        cv2.imwrite(str(photo), KINDS[name]())
        return row(name, photo)


def main() -> int:
    """Make the sheet; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kinds", nargs="*", choices=KINDS, default=list(KINDS), metavar="NAME", help=", ".join(KINDS))
    parser.add_argument("--photos", type=Path, help="a folder of further photos")
    parser.add_argument("--jobs", type=int, default=1, help="processes (default %(default)s)")
    parser.add_argument("--output", type=Path, default=ROOT / "docs" / "photos.jpg", help="(default %(default)s)")
    args = parser.parse_args()
    given = sorted(args.photos.iterdir()) if args.photos else []
    given = [path for path in given if path.suffix.lower() in (".jpg", ".jpeg", ".png")]
    with ProcessPoolExecutor(args.jobs, get_context("spawn")) as pool:
        rows = [*pool.map(kind_row, args.kinds), *pool.map(row, [path.stem for path in given], given)]
    drawn = [one for one in rows if one is not None]
    half = (len(drawn) + 1) // 2
    left, right = np.vstack(drawn[:half]), np.vstack(drawn[half:] or drawn[:half])
    right = cv2.copyMakeBorder(right, 0, len(left) - len(right), 6, 0, cv2.BORDER_CONSTANT, value=(255,) * 3)
    write_sheet(np.hstack([left, right]), args.output, quality=70)
    return 0


if __name__ == "__main__":
    sys.exit(main())
