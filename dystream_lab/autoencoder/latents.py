"""Motion codes of clips: what stage 2 is trained on."""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from dystream_lab.autoencoder.batches import CENTRED, as_tensor
from dystream_lab.autoencoder.data.clips import stored_size
from dystream_lab.autoencoder.data.rendered import drawn
from dystream_lab.autoencoder.data.rigged_landmarks import Find, RiggedLandmarks
from dystream_lab.corpus.dataset import ConversationDataset
from dystream_ros.models.released.files.masked_portrait import CROP, EncoderPictures, pictures_of
from dystream_ros.models.released.files.portrait import PortraitCodes, encode_portrait
from dystream_ros.models.released.files.weights import load_autoencoder, renderer_file
from dystream_ros.models.released.networks.autoencoder import Autoencoder
from dystream_ros.portraits.landmarks import Landmarker
from dystream_ros.rendering.portrait import Picture, load_portrait

LATENTS_FILE, PORTRAIT_FILE = "latents.json", "portrait.safetensors"
_BATCH = 32  # pictures that are encoded at once
_BEHIND = 0.5  # grey of the background


def find_with(landmarker: Landmarker) -> Find:
    """Finds the landmarks of the largest face of a picture."""

    def find(picture: Picture) -> NDArray[np.float64] | None:
        faces = landmarker.detect(picture)
        return faces[0].landmarks if faces else None

    return find


def encoder_inputs(
    face: str | Path, motion: NDArray[np.float32], size: int, rig: RiggedLandmarks
) -> Iterator[EncoderPictures]:
    """The encoders' pictures of each frame of a motion (frames, 58), drawn with a face before grey."""
    stored = stored_size(size, CROP)
    for layer, marks in drawn(load_portrait(face), rig, motion, stored):
        picture = layer[..., :3] * layer[..., 3:] + _BEHIND * (1 - layer[..., 3:])
        edge = round(CENTRED.left * stored)
        square = (255 * picture).astype(np.uint8)[edge : edge + size, edge : edge + size]
        yield pictures_of(np.ascontiguousarray(square), marks * stored - edge, size)


@torch.inference_mode()
def _codes(autoencoder: Autoencoder, pictures: Sequence[EncoderPictures]) -> NDArray[np.float32]:
    return autoencoder.motion_encoder(as_tensor([each.masked for each in pictures])).numpy()


def extract_latents(
    folder: Path,
    clips: Sequence[NDArray[np.float32]],
    face: str | Path = "lumi",
    progress: Callable[[int], None] | None = None,
) -> list[NDArray[np.float32]]:
    """Motion codes of the frames of clips, drawn with one face and one camera, so that they differ by motion only.

    Args:
        folder: of stage 1, with `renderer.safetensors`.
        clips: motions (frames, 58), 52 coefficients and the head pose, 25 per second.
        face: name or path of a portrait.
        progress: receives the number of frames done since the last call.

    Returns:
        A float32 (frames, motion) array per clip.

    Raises:
        ModelError: the folder has no such weights.
        PortraitError: there is no such portrait, or MediaPipe is missing.
        ValueError: no face is found in the picture of the portrait.
    """
    return list(_latents(load_autoencoder(folder), clips, face, rig_of(face), progress))


def rig_of(face: str | Path) -> RiggedLandmarks:
    """The landmarks of a face. Errors are those of `extract_latents`."""
    with Landmarker() as landmarker:
        return RiggedLandmarks.of(load_portrait(face), find_with(landmarker))


def _latents(
    autoencoder: Autoencoder,
    clips: Sequence[NDArray[np.float32]],
    face: str | Path,
    rig: RiggedLandmarks,
    progress: Callable[[int], None] | None,
) -> Iterator[NDArray[np.float32]]:
    for motion in clips:
        rows: list[NDArray[np.float32]] = []
        waiting: list[EncoderPictures] = []
        for number, pictures in enumerate(encoder_inputs(face, motion, autoencoder.config.image, rig), start=1):
            waiting.append(pictures)
            if len(waiting) == _BATCH or number == len(motion):
                rows.append(_codes(autoencoder, waiting))
                if progress:
                    progress(len(waiting))
                waiting = []
        yield np.concatenate(rows) if rows else np.zeros((0, autoencoder.config.motion), np.float32)


def face_codes(folder: Path, face: str | Path = "lumi") -> PortraitCodes:
    """Codes of the same face at rest, the anchor of a conversation. Errors are those of `extract_latents`."""
    autoencoder = load_autoencoder(folder)
    (pictures,) = encoder_inputs(face, np.zeros((1, 58), np.float32), autoencoder.config.image, rig_of(face))
    return encode_portrait(autoencoder, pictures)


def write_latents(folder: Path, corpus: Path, output: Path, face: str | Path = "lumi") -> Iterator[int]:
    """Writes the motion codes of all clips of a corpus; yields the number of frames done. Existing files are kept.

    `output` receives `CLIP.npy`, float32 (parties, frames, motion), for each clip; `latents.json` with the width, the
    corpus, the face and the hash of the weights; and `portrait.safetensors`, the codes of the face at rest.

    Raises:
        FileNotFoundError: there is no corpus.
        ValueError: `output` was written with other weights or another face.
        Others: as `extract_latents`.
    """
    datasets = [ConversationDataset(corpus, split) for split in ("train", "valid")]
    autoencoder, rig = load_autoencoder(folder), rig_of(face)
    record = {
        "size": autoencoder.config.motion,
        "corpus": str(corpus),
        "face": str(face),
        "stage1": hashlib.sha256(renderer_file(folder).read_bytes()).hexdigest(),
    }
    path = output / LATENTS_FILE
    if path.is_file() and (begun := json.loads(path.read_text())) != record:
        differ = next(name for name in record if begun.get(name) != record[name])
        raise ValueError(
            f"{output} was written with {differ}={begun.get(differ)}, now {differ}={record[differ]} is given; "
            "give another folder"
        )
    output.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(record, indent=1) + "\n")
    face_codes(folder, face).save(output / PORTRAIT_FILE)
    for dataset in datasets:
        for number, entry in enumerate(dataset.entries):
            target = output / f"{entry['id']}.npy"
            if not target.exists():
                clips = [dataset.whole(number, party, lookahead=0).motion for party in dataset.parties(number)]
                partial = target.with_suffix(".part")
                with partial.open("wb") as file:
                    np.save(file, np.stack(list(_latents(autoencoder, clips, face, rig, None))))
                partial.replace(target)
            yield entry["frames"] * len(dataset.parties(number))
