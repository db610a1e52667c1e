"""A portrait: all data of one face for the renderers, in one `.face` file."""

import io
import json
import math
import os
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dystream_ros.files import regular_file

Picture = NDArray[np.uint8]  # (height, width, 3), BGR, top row first; 4 with alpha
Floats = NDArray[np.floating]
Indices = NDArray[np.integer]

ASSETS = Path(__file__).parent.parent / "assets"
DEFAULT_PORTRAIT = "lumi"
FORMAT = 1
# Largest sum of the sizes that the directory of a `.face` file states, and largest picture in it. A portrait of the
# largest photo (`photo.LARGEST_SIDE`) has a tenth of it.
MOST_BYTES, MOST_PIXELS = 64_000_000, 16_000_000
LAYERS = ("sheet", "skin", "inside", "teeth", "lashes")


class PortraitError(ValueError):
    """A portrait cannot be found, read or made; the message says what to do."""


@dataclass(frozen=True)
class Portrait:
    """A face that can be animated. Points in metres in the axes of the photo's camera (x right, y up, z to the viewer).

    Every vertex belongs to one layer of `LAYERS`; `triangles_<layer>` index into the common vertices.

    Attributes:
        image: uint8 (h, w, 3), BGR, sRGB.
        matte: uint8 (h, w), share of the person in each pixel: 0 none, 255 all.
        background: uint8 (h, w, 3), BGR, the photo without the person.
        vertices: float32 (n, 3), at rest.
        texture: float32 (n, 2), pixel of `image` divided by its width and height.
        look: float32 (n, 4): tint red, green, blue (sRGB, 0 to 1) and the share of the photo over the tint.
        opacity: float32 (n,), 1 opaque to 0 where a layer fades out.
        follow: float32 (n,), share of the head pose: 1 moves with the head, 0 stays with the shoulders.
        shape_rows: int32 (m,), the vertices that expressions move.
        shapes: float16 (52, m, 3), their displacement by each coefficient at 1, metres.
        triangles_sheet, triangles_skin, triangles_inside, triangles_teeth, triangles_lashes: uint16 (t, 3).
        eye_centres: float32 (2, 3), left then right.
        eyes: float32 (2, 4): radius of the ball, radius of the iris (metres), yaw and pitch at rest (radians).
        colours: float32 (3, 3), iris, white of the eye, teeth; RGB, sRGB, 0 to 1.
        camera: float32 (4,), the fields of `Camera`: scale (pixels per metre), x, y (pixels of `image`), distance.
        rotation: float32 (3, 3), from the axes of the head to those of the camera.
        lips: int32 (38,), vertices around the opening of the mouth: to the right along the upper edge (x rising), and
            back along the lower one.
        lids: int32 (2, 28), the same around the left and the right eye.
        mouth: float32 (3,), the middle of the lips at rest.
        mouth_depth: float32 (), z of the line where the lips meet.
    """

    image: Picture
    matte: NDArray[np.uint8]
    background: Picture
    vertices: NDArray[np.float32]
    texture: NDArray[np.float32]
    look: NDArray[np.float32]
    opacity: NDArray[np.float32]
    follow: NDArray[np.float32]
    shape_rows: NDArray[np.int32]
    shapes: NDArray[np.float16]
    triangles_sheet: NDArray[np.uint16]
    triangles_skin: NDArray[np.uint16]
    triangles_inside: NDArray[np.uint16]
    triangles_teeth: NDArray[np.uint16]
    triangles_lashes: NDArray[np.uint16]
    eye_centres: NDArray[np.float32]
    eyes: NDArray[np.float32]
    colours: NDArray[np.float32]
    camera: NDArray[np.float32]
    rotation: NDArray[np.float32]
    lips: NDArray[np.int32]
    lids: NDArray[np.int32]
    mouth: NDArray[np.float32]
    mouth_depth: NDArray[np.float32]


_IMAGES = {"image": (".jpg", 93), "matte": (".png", 9), "background": (".jpg", 88)}


def save_portrait(portrait: Portrait, path: Path) -> None:
    """Write one `.face` file: a zip of .npy arrays and compressed images, without pickles.

    A file of that name is replaced when the new one is complete.

    Raises:
        OSError: it cannot be written.
    """
    import cv2

    setting = {".jpg": cv2.IMWRITE_JPEG_QUALITY, ".png": cv2.IMWRITE_PNG_COMPRESSION}

    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
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
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    try:
        partial.write_bytes(content.getvalue())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def find_portrait(name_or_path: str | Path) -> Path:
    """Path of a portrait by its name in the package, such as `astronaut`, or by its path. Raises `PortraitError`."""
    shipped = regular_file(ASSETS / "portraits" / f"{name_or_path}.face")
    if shipped is not None:
        return shipped
    path = regular_file(name_or_path)
    if path is not None:
        return path
    names = ", ".join(sorted(file.stem for file in (ASSETS / "portraits").glob("*.face")))
    raise PortraitError(
        f"portrait '{str(name_or_path)[:200]}' is neither a file nor one of those shipped ({names}); "
        "make one with `dystream portrait prepare photo.jpg -o my.face`"
    )


def load_portrait(name_or_path: str | Path = DEFAULT_PORTRAIT) -> Portrait:
    """Load a portrait by name or path, in about 10 ms.

    Raises:
        PortraitError: it is missing or damaged, or holds something that cannot be drawn; see `portrait_check`.
    """
    from dystream_ros.rendering.portrait_check import check_arrays

    with _opened(name_or_path) as archive:
        arrays: dict[str, np.ndarray] = {}
        for field in fields(Portrait):
            if field.name in _IMAGES:
                arrays[field.name] = _image(archive.read(field.name + _IMAGES[field.name][0]), field.name)
            else:
                arrays[field.name] = _array(archive.read(field.name + ".npy"), field.name)
        check_arrays(arrays)
    return Portrait(**arrays)


def check_portrait(name_or_path: str | Path) -> None:
    """Raise `PortraitError` unless a portrait of that name or path can be loaded and drawn; takes about 10 ms."""
    load_portrait(name_or_path)


def _image(data: bytes, name: str) -> Picture:
    """A decoded image, after a look at the size that its header states."""
    import cv2  # here and in `save_portrait`: names and errors of portraits are used without OpenCV

    from dystream_ros.rendering.photo import MOST_SCANS, header_of, png_ends, scans_of

    header = header_of(data)
    if header is None or header.width * header.height > MOST_PIXELS:
        raise ValueError(f"the image '{name}' in it is damaged or has more than {MOST_PIXELS // 1_000_000} megapixels")
    if scans_of(data, header) > MOST_SCANS:
        raise ValueError(f"the image '{name}' in it has more than {MOST_SCANS} scans")
    if header.kind == "PNG" and not png_ends(data):
        raise ValueError(f"the image '{name}' in it is cut off: a chunk goes beyond its end")
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if image is None:
        raise ValueError(f"the image '{name}' in it is damaged")
    return np.asarray(image, np.uint8)


def _array(data: bytes, name: str) -> NDArray[np.generic]:
    """The array of a .npy file; nothing is allocated for a header that states more than the file holds."""
    file = io.BytesIO(data)
    version = np.lib.format.read_magic(file)
    read_header = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}[version]
    shape, _, dtype = read_header(file)
    stated = math.prod(shape) * dtype.itemsize
    if dtype.hasobject or stated != len(data) - file.tell():
        raise ValueError(f"'{name}' states an array of {shape} {dtype} and holds {len(data) - file.tell()} bytes")
    file.seek(0)
    return np.asarray(np.load(file, allow_pickle=False))


@contextmanager
def _opened(name_or_path: str | Path) -> Iterator[zipfile.ZipFile]:
    """The archive of a portrait; an error while it is read becomes a `PortraitError`."""
    path = find_portrait(name_or_path)
    try:
        with zipfile.ZipFile(path) as archive:
            stated = sum(member.file_size for member in archive.infolist())
            if stated > MOST_BYTES:
                raise ValueError(
                    f"it holds {stated / 1e6:.0f} MB when unpacked, at most {MOST_BYTES // 1_000_000} are accepted"
                )
            found = json.loads(archive.read("face.json"))["format"]
            if found != FORMAT:
                raise PortraitError(
                    f"{path} has format {found}, this version reads {FORMAT}: prepare it again from its photo"
                )
            yield archive
    except PortraitError:
        raise
    except Exception as error:  # damaged bytes make zipfile, zlib, json, NumPy and OpenCV raise errors of many kinds
        raise PortraitError(
            f"{path} is not a readable .face file ({_short(error)}); "
            "`dystream portrait prepare photo.jpg -o my.face` makes one"
        ) from error


def _short(error: Exception) -> str:
    """An error on one line; its kind where it says nothing, as those of damaged bytes often do."""
    text = " ".join(str(error).split())[:200]
    return text if isinstance(error, ValueError | OSError) and text else f"{type(error).__name__}: {text}"
