"""A portrait: everything the renderer needs of one face, in one `.face` file."""

import io
import json
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

ASSETS = Path(__file__).parent.parent / "assets"
DEFAULT_PORTRAIT = "astronaut"
FORMAT = 1
LAYERS = ("sheet", "skin", "inside", "teeth", "lashes")


class PortraitError(ValueError):
    """A portrait that cannot be found, read or made; the message says what to do."""


@dataclass(frozen=True)
class Portrait:
    """A face that can be animated. Points in metres in the axes of the photo's camera (x right, y up, z to the viewer).

    Every vertex belongs to one layer of `LAYERS`; `triangles_<layer>` index into the common vertices.

    Attributes:
        image: uint8 (h, w, 3), BGR, sRGB.
        matte: uint8 (h, w), how much each pixel belongs to the person.
        background: uint8 (h, w, 3), BGR, what is behind the person.
        vertices: float32 (n, 3), at rest.
        texture: float32 (n, 2), pixel of `image` divided by its width and height.
        look: float32 (n, 4): tint red, green, blue (sRGB, 0 to 1) and the share of the photo over the tint.
        opacity: float32 (n,), 0 where a layer fades into what is behind it.
        follow: float32 (n,), 1 moves with the head, 0 stays with the shoulders.
        shape_rows: int32 (m,), the vertices that expressions move.
        shapes: float16 (52, m, 3), their displacements at 1.
        triangles_sheet, triangles_skin, triangles_inside, triangles_teeth, triangles_lashes: uint16 (t, 3).
        eye_centres: float32 (2, 3), left then right.
        eyes: float32 (2, 4): radius of the ball, radius of the iris (metres), yaw and pitch at rest (radians).
        colours: float32 (3, 3), iris, white of the eye, teeth; RGB, sRGB, 0 to 1.
        camera: float32 (4,): scale in pixels a metre, x, y of the pivot in pixels of `image`, distance in metres.
        rotation: float32 (3, 3), from the axes of the head to those of the camera.
        lips: int32 (38,), vertices around the opening of the mouth: the upper edge rightwards, the lower back.
        lids: int32 (2, 28), the same around the left and the right eye.
        mouth: float32 (3,), the middle of the lips at rest.
        mouth_depth: float32, z of the line where the lips meet.
    """

    image: np.ndarray
    matte: np.ndarray
    background: np.ndarray
    vertices: np.ndarray
    texture: np.ndarray
    look: np.ndarray
    opacity: np.ndarray
    follow: np.ndarray
    shape_rows: np.ndarray
    shapes: np.ndarray
    triangles_sheet: np.ndarray
    triangles_skin: np.ndarray
    triangles_inside: np.ndarray
    triangles_teeth: np.ndarray
    triangles_lashes: np.ndarray
    eye_centres: np.ndarray
    eyes: np.ndarray
    colours: np.ndarray
    camera: np.ndarray
    rotation: np.ndarray
    lips: np.ndarray
    lids: np.ndarray
    mouth: np.ndarray
    mouth_depth: np.ndarray


_IMAGES = {"image": (".jpg", 93), "matte": (".png", 9), "background": (".jpg", 88)}


def save_portrait(portrait: Portrait, path: Path) -> None:
    """Writes one `.face` file: a zip of .npy arrays and compressed images, without pickles."""
    import cv2

    setting = {".jpg": cv2.IMWRITE_JPEG_QUALITY, ".png": cv2.IMWRITE_PNG_COMPRESSION}

    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("face.json", json.dumps({"format": FORMAT}))
        for field in fields(Portrait):
            value = getattr(portrait, field.name)
            if field.name in _IMAGES:
                kind, quality = _IMAGES[field.name]
                archive.writestr(field.name + kind, cv2.imencode(kind, value, [setting[kind], quality])[1].tobytes())
                continue
            buffer = io.BytesIO()
            np.save(buffer, np.asarray(value), allow_pickle=False)
            archive.writestr(field.name + ".npy", buffer.getvalue())


def find_portrait(name_or_path: str | Path) -> Path:
    """Path of a portrait that ships with the package (`astronaut`) or of a `.face` file; raises `PortraitError`."""
    shipped = ASSETS / "portraits" / f"{name_or_path}.face"
    if shipped.is_file():
        return shipped
    path = Path(name_or_path).expanduser()
    if path.is_file():
        return path
    names = ", ".join(sorted(file.stem for file in (ASSETS / "portraits").glob("*.face")))
    raise PortraitError(
        f"portrait '{name_or_path}' is neither a file nor one of those shipped ({names}); "
        "make one with `dystream portrait prepare photo.jpg -o my.face`"
    )


def load_portrait(name_or_path: str | Path = DEFAULT_PORTRAIT) -> Portrait:
    """Reads a portrait by name or path in under 200 ms; raises `PortraitError` for one that is missing or damaged."""
    import cv2  # here and in `save_portrait`: names and errors of portraits are needed without it

    with _opened(name_or_path) as archive:
        arrays = {}
        for field in fields(Portrait):
            if field.name in _IMAGES:
                raw = np.frombuffer(archive.read(field.name + _IMAGES[field.name][0]), np.uint8)
                arrays[field.name] = cv2.imdecode(raw, cv2.IMREAD_UNCHANGED)
            else:
                arrays[field.name] = np.load(io.BytesIO(archive.read(field.name + ".npy")), allow_pickle=False)
    return Portrait(**arrays)


def check_portrait(name_or_path: str | Path) -> None:
    """Raises `PortraitError` for a portrait that is missing, not whole, or none; takes a few milliseconds."""
    with _opened(name_or_path) as archive:
        for field in fields(Portrait):
            archive.getinfo(field.name + _IMAGES.get(field.name, (".npy",))[0])
        damaged = archive.testzip()
        if damaged is not None:
            raise ValueError(f"{damaged} in it is damaged")


@contextmanager
def _opened(name_or_path: str | Path) -> Iterator[zipfile.ZipFile]:
    """The archive of a portrait; whatever it lacks becomes a `PortraitError`."""
    path = find_portrait(name_or_path)
    try:
        with zipfile.ZipFile(path) as archive:
            found = json.loads(archive.read("face.json"))["format"]
            if found != FORMAT:
                raise PortraitError(
                    f"{path} has format {found}, this version reads {FORMAT}: prepare it again from its photo"
                )
            yield archive
    except (zipfile.BadZipFile, zlib.error, KeyError, ValueError, OSError) as error:
        if isinstance(error, PortraitError):
            raise
        raise PortraitError(
            f"{path} is not a readable .face file ({error}); `dystream portrait prepare photo.jpg -o my.face` makes one"
        ) from error
