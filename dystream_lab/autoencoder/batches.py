"""Batches of samples: a source picture of a face, a driving picture, and the picture that shall come out."""

from dataclasses import dataclass, fields

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from dystream_lab.autoencoder.config import AutoencoderTraining
from dystream_lab.autoencoder.data.clips import STORED, ClipFolder, ClipSet
from dystream_lab.training.processes import Processes
from dystream_ros.models.released.files.masked_portrait import CROP, EncoderPictures, mask_of, pictures_of

_REDUCED = 0.75  # scale below which a picture is blurred before it is sampled
_WANDER = 0.03  # largest shift of the crop in training, in its sides


@dataclass(frozen=True)
class FaceBatch:
    """Pictures float32 (B, 3, size, size), RGB, -1 to 1.

    Attributes:
        source: the face whose appearance is used.
        source_masked: its eyes, mouth and landmarks, the input of the motion encoder.
        driver_masked: the same of the driving picture: another frame of the clip, or the same frame of another face.
        target: the picture of the source's face with the driver's motion.
        regions: (B, 1, size, size), 1 at eyes and mouth of the target.
    """

    source: Tensor
    source_masked: Tensor
    driver_masked: Tensor
    target: Tensor
    regions: Tensor

    def to(self, device: torch.device) -> "FaceBatch":
        """The batch on a device."""
        return FaceBatch(*(getattr(self, field.name).to(device, non_blocking=True) for field in fields(self)))


@dataclass(frozen=True)
class Window:
    """A square of a stored square: left, top and side in its sides, and whether it is mirrored."""

    left: float
    top: float
    side: float
    mirrored: bool = False

    @classmethod
    def drawn(cls, rng: np.random.Generator, crop: tuple[float, float], flip: bool) -> "Window":
        """A random crop."""
        side = float(rng.uniform(*crop)) / STORED
        left, top = np.clip((1 - side) / 2 + _WANDER * rng.uniform(-1, 1, 2), 0, 1 - side).tolist()
        return cls(left, top, side, bool(flip and rng.random() < 0.5))

    def cut(self, clips: ClipSet, face: int, frame: int, size: int) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
        """This part of a frame, BGR uint8 (size, size, 3), and its landmarks (478, 2) in pixels."""
        stored = clips.picture(face, frame)
        scale = size / (self.side * stored.shape[0])
        corner = np.array([self.left, self.top]) * stored.shape[0]
        if scale < _REDUCED:
            stored = np.asarray(cv2.GaussianBlur(stored, (0, 0), 0.4 / scale), np.uint8)
        warp = np.array([[scale, 0, -scale * corner[0]], [0, scale, -scale * corner[1]]])
        warp[:, 2] += 0.5 * scale - 0.5  # OpenCV counts from the middle of a pixel
        picture = cv2.warpAffine(stored, warp, (size, size), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        marks = (clips.marks(face, frame, stored.shape[0]) - corner) * scale
        if self.mirrored:
            picture = picture[:, ::-1]
            marks = marks * (-1, 1) + (size, 0)
        return np.ascontiguousarray(picture), marks


CENTRED = Window((1 - CROP / STORED) / 2, (1 - CROP / STORED) / 2, CROP / STORED)


def pictures_at(clips: ClipSet, face: int, frame: int, size: int, window: Window = CENTRED) -> EncoderPictures:
    """Inputs of the encoders of one frame."""
    return pictures_of(*window.cut(clips, face, frame, size), size)


def as_tensor(pictures: list[NDArray[np.uint8]]) -> Tensor:
    """RGB uint8 (size, size, 3) each -> (B, 3, size, size), -1 to 1."""
    return torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).float() / 127.5 - 1


def face_batch(folder: ClipFolder, config: AutoencoderTraining, size: int, number: int) -> FaceBatch:
    """Batch `number` of a training: it depends on nothing else, so that a stopped run continues with the same."""
    rng = np.random.default_rng([config.seed, number, 1])
    rows: dict[str, list[NDArray[np.uint8]]] = {name: [] for name in ("source", "source_masked", "driver", "target")}
    regions = []
    for _ in range(config.batch):
        clips = folder[int(rng.integers(len(folder)))]
        first, second = frame_pair(rng, clips, config.least_gap)
        window = Window.drawn(rng, config.crop, config.flip)
        face = int(rng.integers(len(clips.faces)))
        driver = face
        if len(clips.faces) > 1 and rng.random() < config.driven:
            driver = int((face + rng.integers(1, len(clips.faces))) % len(clips.faces))
        source = pictures_at(clips, face, first, size, window)
        picture, marks = window.cut(clips, face, second, size)
        driving, driving_marks = (picture, marks) if driver == face else window.cut(clips, driver, second, size)
        rows["source"].append(source.crop)
        rows["source_masked"].append(source.masked)
        rows["driver"].append(pictures_of(_jittered(rng, driving, config.jitter), driving_marks, size).masked)
        rows["target"].append(np.ascontiguousarray(picture[:, :, ::-1]))
        regions.append(mask_of(marks, size))
    mask = torch.from_numpy(np.stack(regions))[:, None]
    return FaceBatch(*(as_tensor(rows[name]) for name in ("source", "source_masked", "driver", "target")), mask)


def frame_pair(rng: np.random.Generator, clips: ClipSet, least_gap: int) -> tuple[int, int]:
    """Two random frames of a clip, at least `least_gap` frames (25 per second) apart, or as far as it allows."""
    apart = min(-(-least_gap // clips.gap), clips.frames - 1)
    first = int(rng.integers(clips.frames))
    others = [frame for frame in range(clips.frames) if abs(frame - first) >= apart]
    if not others:  # the middle of a short clip
        others = [0 if first >= clips.frames - 1 - first else clips.frames - 1]
    return first, int(rng.choice(others))


def _jittered(rng: np.random.Generator, picture: NDArray[np.uint8], amount: float) -> NDArray[np.uint8]:
    """The picture in other colours: motion must not depend on them."""
    gain = np.exp(rng.normal(0, amount, 3) + rng.normal(0, amount))
    return np.clip(picture * gain, 0, 255).astype(np.uint8)


class StepBatches(Dataset[FaceBatch]):
    """The batch of each step of one process of a run."""

    def __init__(self, folder: ClipFolder, config: AutoencoderTraining, size: int, processes: Processes) -> None:
        self._folder, self._config, self._size, self._processes = folder, config, size, processes

    def __getitem__(self, step: int) -> FaceBatch:
        number = step * self._processes.count + self._processes.rank
        return face_batch(self._folder, self._config, self._size, number)
