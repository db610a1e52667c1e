"""Finds faces and their landmarks in images with MediaPipe's face landmarker."""

import os
import re
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from dystream_ros.portraits.landmarker_model import landmarker_model
from dystream_ros.rendering.portrait import Picture, PortraitError

MOST_FACES = 16
# What MediaPipe's C++ writes to stderr while it starts: information and warnings of absl and TensorFlow Lite.
_START_LOG = re.compile(rb"WARNING: All log messages before absl|[IW]\d{4} \d\d:\d\d:|INFO: ")
_Self = TypeVar("_Self", bound="FaceLandmarker")  # typing.Self is not in Python 3.10


@dataclass(frozen=True)
class Detection:
    """A face as MediaPipe finds it.

    Attributes:
        landmarks: float64 (478, 3): x right and y down in pixels, z (away from the lens) scaled as x.
        scores: estimated ARKit coefficients by name, 0 to 1.
        transform: float64 (4, 4), pose of the face in front of the camera, centimetres; None unless requested.
    """

    landmarks: NDArray[np.float64]
    scores: dict[str, float]
    transform: NDArray[np.float64] | None


class FaceLandmarker:
    """MediaPipe's face landmarker, the base class of the readers of faces; a context manager, used in one thread.

    Args:
        most_faces: largest number of faces that are found in an image.
        transforms: whether the pose of each face is computed.
    Raises:
        PortraitError: MediaPipe is not installed, or its model is not available.
    """

    def __init__(self, most_faces: int = 1, transforms: bool = False) -> None:
        try:
            import mediapipe
            from mediapipe.tasks.python import BaseOptions
            from mediapipe.tasks.python.vision import FaceLandmarker, FaceLandmarkerOptions
        except ImportError as error:
            raise PortraitError(
                f"finding a face in an image needs the package mediapipe ({error}); install it with "
                "`pip install '.[portrait]'` in the folder of the sources"
            ) from error
        self._mediapipe = mediapipe
        options = FaceLandmarkerOptions(
            base_options=BaseOptions(model_asset_path=str(landmarker_model())),
            num_faces=most_faces,
            output_face_blendshapes=True,
            output_facial_transformation_matrixes=transforms,
        )
        with without_start_log():
            self._landmarker = FaceLandmarker.create_from_options(options)
            # MediaPipe starts threads, and logs, until it has processed the first image.
            self.find(np.zeros((64, 64, 3), np.uint8))

    def find(self, image: Picture) -> list[Detection]:
        """The faces of an image uint8 (height, width, 3), BGR, in no order."""
        rgb = np.ascontiguousarray(image[:, :, ::-1])
        result = self._landmarker.detect(self._mediapipe.Image(image_format=self._mediapipe.ImageFormat.SRGB, data=rgb))
        height, width = image.shape[:2]
        transforms = result.facial_transformation_matrixes or [None] * len(result.face_landmarks)
        return [
            Detection(
                np.array([[point.x, point.y, point.z] for point in points]) * (width, height, width),
                {score.category_name: score.score for score in scores},
                None if transform is None else np.array(transform, np.float64),
            )
            for points, scores, transform in zip(
                result.face_landmarks, result.face_blendshapes, transforms, strict=True
            )
        ]

    def close(self) -> None:
        """Free the model."""
        self._landmarker.close()

    def __enter__(self: _Self) -> _Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


@dataclass(frozen=True)
class Face:
    """A face in a photo.

    Attributes:
        landmarks: float64 (478, 2), pixels, in the order of the MediaPipe face mesh.
        scores: estimated ARKit coefficients by name, 0 to 1.
    """

    landmarks: NDArray[np.float64]
    scores: dict[str, float]

    @property
    def area(self) -> float:
        """Area in square pixels of the box around the landmarks."""
        return float(np.prod(np.ptp(self.landmarks, axis=0)))


class Landmarker(FaceLandmarker):
    """Finds all faces of a photo. Errors are those of `FaceLandmarker`."""

    def __init__(self) -> None:
        super().__init__(most_faces=MOST_FACES)

    def detect(self, image: Picture) -> list[Face]:
        """The faces of an image uint8 (height, width, 3), BGR, the largest first."""
        faces = [Face(np.ascontiguousarray(found.landmarks[:, :2]), found.scores) for found in self.find(image)]
        return sorted(faces, key=lambda face: -face.area)


_stderr_in_use = threading.Lock()


@contextmanager
def without_start_log() -> Iterator[None]:
    """Removes MediaPipe's start log from stderr (file descriptor 2): its logger cannot be configured from Python.

    Other lines are written after the block. If the block fails, all lines are written.
    """
    with _stderr_in_use, tempfile.TemporaryFile() as held:
        if sys.stderr is not None:
            sys.stderr.flush()
        stderr = os.dup(2)
        os.dup2(held.fileno(), 2)
        failed = True
        try:
            yield
            failed = False
        finally:
            if sys.stderr is not None:
                sys.stderr.flush()
            os.dup2(stderr, 2)
            os.close(stderr)
            held.seek(0)
            os.write(2, b"".join(line for line in held if failed or not _START_LOG.match(line)))
