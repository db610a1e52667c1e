"""What the generator learns to produce: named coefficients, or the latents of an autoencoder (stage 1).

A network with motion of unit variance begins at noise of unit variance. Named coefficients are divided by their own
standard deviations, and the folder's readout multiplies them again; zero stays the face at rest. Latents are divided by
one number, and the exported weights undo it (`folder.py`).
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from dystream_lab.corpus.dataset import Clip, ConversationDataset
from dystream_lab.released.regression import best_ridge
from dystream_ros.models.released.files.conversion import sha256_of
from dystream_ros.models.released.files.readout import Readout
from dystream_ros.models.released.files.weights import renderer_file

NAMED = 58  # 52 coefficients and 6 numbers of the head's pose; gaze is among the coefficients
_LEAST = 0.02  # smallest standard deviation that a named value is divided by
_RECORD = "latents.json"  # of `autoencoder.latents`
_CLIPS = 400  # clips that scales are estimated from


@dataclass(frozen=True)
class MotionSpace:
    """Motion as the network receives it.

    Attributes:
        scale: float32 (size,), what motion is divided by; one number for latents.
        latents: folder of latents, one file per clip; None for named coefficients.
    """

    scale: NDArray[np.float32]
    latents: Path | None = None

    @property
    def size(self) -> int:
        """Numbers of a motion."""
        return len(self.scale)

    def of(self, clip: Clip) -> NDArray[np.float32]:
        """Motion (frames, size) of a clip, divided by the scale."""
        if self.latents is None:
            return clip.motion / self.scale
        rows = np.load(self.latents / f"{clip.clip}.npy", mmap_mode="r")
        return np.array(rows[clip.party, clip.start : clip.start + len(clip.motion)], np.float32) / self.scale


def named_space(dataset: ConversationDataset, frames: int, seed: int) -> MotionSpace:
    """The space of named coefficients, with the standard deviations of random clips."""
    motion = np.concatenate([clip.motion for clip in _random_clips(dataset, frames, seed)])
    return MotionSpace(np.maximum(motion.std(0), _LEAST).astype(np.float32))


def latent_space(folder: Path, dataset: ConversationDataset, frames: int, seed: int) -> MotionSpace:
    """The space of the latents in a folder; `dataset` is left with the clips that have any.

    Raises:
        FileNotFoundError: the folder has no latents.
        ValueError: as `keep_clips_with_latents`, or they do not vary.
    """
    size = latent_size(folder)
    keep_clips_with_latents(folder, dataset)
    raw = MotionSpace(np.ones(size, np.float32), folder)
    spread = np.concatenate([raw.of(clip) for clip in _random_clips(dataset, frames, seed)]).std(0)
    scale = float(np.sqrt(np.square(spread).mean()))
    if not scale > 0:
        raise ValueError(f"the latents in {folder} do not vary; train stage 1 further")
    return MotionSpace(np.full(size, scale, np.float32), folder)


def keep_clips_with_latents(folder: Path, dataset: ConversationDataset) -> None:
    """Leaves a dataset with the clips that have latents in a folder.

    Raises:
        FileNotFoundError: the folder has no latents.
        ValueError: no clip has any, or those of a clip are of other frames, faces or numbers than they should be.
    """
    size = latent_size(folder)
    dataset.entries = [entry for entry in dataset.entries if (folder / f"{entry['id']}.npy").is_file()]
    if not dataset.entries:
        raise ValueError(
            f"{folder} has latents of no clip of this split of {dataset.root}; was it made from another corpus?"
        )
    for number, entry in enumerate(dataset.entries):
        path = folder / f"{entry['id']}.npy"
        found, wanted = np.load(path, mmap_mode="r").shape, (len(dataset.parties(number)), entry["frames"], size)
        if found != wanted:
            raise ValueError(
                f"{path} has the shape {found} of faces, frames and numbers; that of the clip is {wanted}: write it "
                "again, or delete it, and the clip is left out"
            )


def check_origin(folder: Path, stage1: Path) -> None:
    """Checks that the latents in a folder were written with the autoencoder of a folder, as far as they say.

    Raises:
        FileNotFoundError: the folder has no latents.
        ModelError: there is no autoencoder.
        ValueError: they are another's.
    """
    known = _record(folder).get("stage1")
    if known is not None and known != sha256_of(renderer_file(stage1)):
        raise ValueError(
            f"the latents in {folder} were written with other weights than those in {stage1}; write them again, into "
            f"another folder: `dystream train-autoencoder latents {stage1} CORPUS -o FOLDER`"
        )


def latent_size(folder: Path) -> int:
    """Numbers of a latent.

    Raises:
        FileNotFoundError: the folder has no latents.
    """
    return int(_record(folder)["size"])


def _record(folder: Path) -> dict:
    path = folder / _RECORD
    if not path.is_file():
        raise FileNotFoundError(
            f"no latents in {folder} (no {_RECORD}); write them with `dystream train-autoencoder latents`"
        )
    return json.loads(path.read_text())


def named_readout(space: MotionSpace) -> Readout:
    """The readout of named coefficients: it multiplies by the scale."""
    scale = torch.diag(torch.from_numpy(space.scale))
    return Readout(scale, torch.zeros(NAMED), torch.eye(NAMED), torch.zeros(NAMED), torch.ones(NAMED))


def latent_readout(
    space: MotionSpace, dataset: ConversationDataset, weight: torch.Tensor, bias: torch.Tensor, frames: int, seed: int
) -> Readout:
    """The readout of latents: a ridge regression of the true coefficients on the coordinates of the latents.

    Args:
        space: of the latents.
        dataset: its clips have both.
        weight, bias: (coordinates, size) and (coordinates,), of the flow estimator (`FlowEstimator.affine`).
        frames: of a clip.
        seed: of the clips.
    """
    clips = list(_random_clips(dataset, frames, seed))
    latents = np.concatenate([space.of(clip) * space.scale for clip in clips]).astype(np.float64)
    coordinates = latents @ weight.numpy().T.astype(np.float64) + bias.numpy()
    w, b, quality = best_ridge(coordinates, np.concatenate([clip.motion for clip in clips]).astype(np.float64))
    parts = (torch.from_numpy(part).float() for part in (w, b, quality))
    return Readout(weight.float(), bias.float(), *parts)


def _random_clips(dataset: ConversationDataset, frames: int, seed: int) -> Sequence[Clip]:
    rng = np.random.default_rng(seed)
    return [dataset.clip(rng, frames, lookahead=0) for _ in range(_CLIPS)]
