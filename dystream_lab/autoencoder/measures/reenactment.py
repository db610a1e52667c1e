"""Self- and cross-reenactment on the clips for validation, measured against the true pictures.

- self: a face is driven by other frames of its own clip;
- cross: it is driven by another face of its set, which makes the same motion, so the true picture is known;
- unmoved: the source picture itself in the place of the painted one, the least that a measure must beat.

Landmarks are those that MediaPipe finds in the painted and in the true picture. Their error is the mean distance in per
cent of the distance between the outer corners of the eyes.
"""

from collections.abc import Iterator, Sequence

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from dystream_lab.autoencoder.batches import as_tensor, pictures_at
from dystream_lab.autoencoder.data.clips import ClipFolder, ClipSet
from dystream_lab.autoencoder.data.rigged_landmarks import Find
from dystream_lab.autoencoder.measures.pictures import flicker, psnr, ssim
from dystream_lab.autoencoder.sheet import as_pictures
from dystream_ros.models.released.files.masked_portrait import EncoderPictures
from dystream_ros.models.released.networks.autoencoder import Autoencoder

KINDS = ("self", "cross", "unmoved")
MEASURES = {
    "psnr": "PSNR, dB", "ssim": "SSIM", "landmarks": "landmark error, %", "lost": "no face found, %",
    "flicker": "flicker, levels",
}  # fmt: skip
_MOST_FRAMES = 12
_SHOWN = 8  # frames of a clip in a sheet
_EYES = (33, 263)
_ENLARGED = 3  # pictures below 256 pixels are enlarged for the landmarker

Picture = NDArray[np.uint8]
Row = dict[str, float | str]


def measure(
    autoencoder: Autoencoder, clips: ClipFolder, find: Find, most: int
) -> Iterator[tuple[list[Row], NDArray[np.uint8]]]:
    """Measures up to `most` sets; yields the rows of each and a sheet of its first face."""
    for number in range(min(most, len(clips))):
        yield _measure_set(autoencoder, clips[number], find)


def _measure_set(autoencoder: Autoencoder, clips: ClipSet, find: Find) -> tuple[list[Row], NDArray[np.uint8]]:
    size, frames = autoencoder.config.image, range(min(clips.frames, _MOST_FRAMES))
    inputs = [[pictures_at(clips, face, frame, size) for frame in frames] for face in range(len(clips.faces))]
    rows: list[Row] = []
    shown: list[Sequence[Picture]] = []
    for face, own in enumerate(inputs):
        true = [_bgr(each.crop) for each in own]
        drivers = {"self": own}
        if len(inputs) > 1:
            drivers["cross"] = inputs[(face + 1) % len(inputs)]
        results = {kind: _drive(autoencoder, own[0], driving) for kind, driving in drivers.items()}
        results["unmoved"] = [true[0]] * len(true)
        for kind, painted in results.items():
            # The source drives itself in the first frame, which would be too easy.
            row = compare(painted[1:], true[1:], find, timed=clips.gap == 1)
            rows.append({"kind": kind, "face": clips.faces[face], **row})
        if face == 0:
            shown = [true, results["self"], *((_masked(drivers["cross"]), results["cross"]) if len(inputs) > 1 else ())]
    return rows, np.vstack([np.hstack(row[:_SHOWN]) for row in shown])


@torch.no_grad()
def _drive(autoencoder: Autoencoder, source: EncoderPictures, drivers: Sequence[EncoderPictures]) -> list[Picture]:
    """BGR pictures of a source with the motion of drivers."""
    code = autoencoder.motion_encoder(as_tensor([source.masked]))
    volume = autoencoder.face_encoder(as_tensor([source.crop]))
    targets = autoencoder.motion_encoder(as_tensor([driver.masked for driver in drivers]))
    painted = [autoencoder(volume, code, target[None]) for target in targets]  # one by one: 512 pixels need memory
    return as_pictures(torch.cat(painted))


def _bgr(picture: Picture) -> Picture:
    return np.ascontiguousarray(picture[:, :, ::-1])


def _masked(pictures: Sequence[EncoderPictures]) -> list[Picture]:
    return [_bgr(each.masked) for each in pictures]


def compare(painted: Sequence[Picture], true: Sequence[Picture], find: Find, timed: bool) -> dict[str, float]:
    """Measures of painted against true pictures, BGR uint8; `timed` when they follow each other at 25 per second."""
    errors, lost = [], []
    for one, other in zip(painted, true, strict=True):
        found, wanted = (find(_large(picture)) for picture in (one, other))
        if wanted is None:
            continue
        lost.append(found is None)
        if found is not None:
            width = np.linalg.norm(wanted[_EYES[0], :2] - wanted[_EYES[1], :2])
            errors.append(100 * np.linalg.norm(found[:, :2] - wanted[:, :2], axis=1).mean() / width)
    return {
        "psnr": float(np.mean([psnr(*pair) for pair in zip(painted, true, strict=True)])),
        "ssim": float(np.mean([ssim(*pair) for pair in zip(painted, true, strict=True)])),
        "landmarks": float(np.mean(errors)) if errors else float("nan"),
        "lost": 100 * float(np.mean(lost)) if lost else float("nan"),
        "flicker": flicker(painted, true) if timed and len(painted) > 2 else float("nan"),
    }


def _large(picture: Picture) -> Picture:
    if picture.shape[0] >= 256:
        return picture
    return np.asarray(cv2.resize(picture, None, fx=_ENLARGED, fy=_ENLARGED, interpolation=cv2.INTER_CUBIC), np.uint8)


def mean_rows(rows: Sequence[Row]) -> dict[str, dict[str, float]]:
    """Mean of each measure by kind over the clips in which it is known."""
    figures = {}
    for kind in KINDS:
        chosen = [row for row in rows if row["kind"] == kind]
        if not chosen:
            continue
        means = {"clips": float(len(chosen))}
        for name in MEASURES:
            values = np.array([float(row[name]) for row in chosen])
            means[name] = float(values[np.isfinite(values)].mean()) if np.isfinite(values).any() else float("nan")
        figures[kind] = means
    return figures


def as_json(figures: dict[str, dict[str, float]]) -> dict[str, dict[str, float | None]]:
    """The figures for JSON, which has no NaN: None for a measure that is not known."""
    return {
        kind: {name: None if np.isnan(value) else value for name, value in row.items()} for kind, row in figures.items()
    }


def table(figures: dict[str, dict[str, float]]) -> str:
    """The figures as Markdown; a measure that is not known is left empty."""
    lines = [f"| | clips | {' | '.join(MEASURES.values())} |", "|---" * (len(MEASURES) + 2) + "|"]
    for kind, row in figures.items():
        cells = ["" if np.isnan(row[name]) else f"{row[name]:.{3 if name == 'ssim' else 1}f}" for name in MEASURES]
        lines.append(f"| {kind} | {row['clips']:.0f} | {' | '.join(cells)} |")
    if "cross" not in figures:
        lines.append(
            "\nNo cross-reenactment: each of these sets has one face, as those of videos do. It needs rendered sets in "
            "which two faces make the same motion (--unseen)."
        )
    return "\n".join(lines)
