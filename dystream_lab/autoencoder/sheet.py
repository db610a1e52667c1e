"""Sheets of pictures: what goes in, what comes out, and what should."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dystream_lab.autoencoder.batches import FaceBatch, pictures_at
from dystream_lab.autoencoder.data.clips import ClipFolder
from dystream_ros.models.released.networks.autoencoder import Autoencoder, to_uint8

_LABEL, _MARGIN = 16, 4  # pixels
_SETS, _FRAMES = 3, 9  # of a sheet of clips


@torch.no_grad()
def painted_by(autoencoder: Autoencoder, batch: FaceBatch) -> Tensor:
    """Pictures (B, 3, size, size) of the sources with the motion of the drivers."""
    source, target = (autoencoder.motion_encoder(part) for part in (batch.source_masked, batch.driver_masked))
    return autoencoder(autoencoder.face_encoder(batch.source), source, target)


def as_pictures(images: Tensor) -> list[NDArray[np.uint8]]:
    """(B, 3, size, size), -1 to 1 -> BGR uint8 (size, size, 3) each."""
    return list(to_uint8(images).flip(1).permute(0, 2, 3, 1).cpu().numpy())


def sheet(columns: dict[str, Sequence[NDArray[np.uint8]]], enlarged: int = 1) -> NDArray[np.uint8]:
    """A sheet BGR uint8 with a named column per entry and a row per picture, each enlarged by a whole number."""
    parts = []
    for name, pictures in columns.items():
        cells = []
        for picture in pictures:
            large = cv2.resize(picture, None, fx=enlarged, fy=enlarged, interpolation=cv2.INTER_CUBIC)
            cells.append(cv2.copyMakeBorder(large, 0, _MARGIN, 0, _MARGIN, cv2.BORDER_CONSTANT, value=(255,) * 3))
        column = np.vstack(cells)
        head = np.full((_LABEL, column.shape[1], 3), 255, np.uint8)
        cv2.putText(head, name, (1, _LABEL - 5), cv2.FONT_HERSHEY_SIMPLEX, 0.34, (0, 0, 0), 1, cv2.LINE_AA)
        parts.append(np.vstack([head, column]))
    return np.hstack(parts)


def sample_sheet(autoencoder: Autoencoder, batch: FaceBatch, enlarged: int = 1) -> NDArray[np.uint8]:
    """Source, driver, painted and true picture of each sample of a batch."""
    return sheet(
        {
            "source": as_pictures(batch.source),
            "driver": as_pictures(batch.driver_masked),
            "painted": as_pictures(painted_by(autoencoder, batch)),
            "true": as_pictures(batch.target),
        },
        enlarged,
    )


def clip_sheet(clips: ClipFolder, size: int) -> NDArray[np.uint8]:
    """Some clips of a folder, each a row, with what the motion encoder receives below it."""
    rows = []
    for number in range(min(_SETS, len(clips))):
        clip_set = clips[number]
        frames = np.linspace(0, clip_set.frames - 1, min(_FRAMES, clip_set.frames)).round().astype(int)
        for face in range(len(clip_set.faces)):
            pictures = [pictures_at(clip_set, face, int(frame), size) for frame in frames]
            rows += [np.hstack([each.crop for each in pictures]), np.hstack([each.masked for each in pictures])]
    return np.ascontiguousarray(stacked(rows)[:, :, ::-1])


def stacked(rows: Sequence[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """Pictures uint8 (height, width, 3) below each other, with white beside those that are narrower: clips differ."""
    widest = max(row.shape[1] for row in rows)
    return np.vstack([np.pad(row, ((0, 0), (0, widest - row.shape[1]), (0, 0)), constant_values=255) for row in rows])


def write_picture(path: Path, picture: NDArray[np.uint8]) -> None:
    """Writes a PNG or JPEG file. Raises OSError if that fails."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not cv2.imwrite(str(path), picture):
        raise OSError(f"{path} cannot be written")
