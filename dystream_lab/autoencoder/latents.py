"""Motion codes of clips: what stage 2 is trained on."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from dystream_lab.autoencoder.batches import CENTRED, as_tensor
from dystream_lab.autoencoder.data.clips import stored_size
from dystream_lab.autoencoder.data.rendered import drawn
from dystream_lab.autoencoder.data.rigged_landmarks import Find, RiggedLandmarks
from dystream_lab.corpus.dataset import ConversationDataset
from dystream_lab.whole_files import write_text
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


def rig_of(face: str | Path) -> RiggedLandmarks:
    """The landmarks of a face.

    Raises:
        PortraitError: there is no such portrait, or MediaPipe is missing.
        ValueError: no face is found in the picture of the portrait.
    """
    with Landmarker() as landmarker:
        return RiggedLandmarks.of(load_portrait(face), find_with(landmarker))


def _latents(
    autoencoder: Autoencoder, motion: NDArray[np.float32], face: str | Path, rig: RiggedLandmarks
) -> Iterator[NDArray[np.float32]]:
    """Motion codes (n, motion) of the frames of a motion (frames, 58), some frames at a time.

    They are drawn with one face and one camera, so that they differ by motion only.
    """
    waiting: list[EncoderPictures] = []
    for number, pictures in enumerate(encoder_inputs(face, motion, autoencoder.config.image, rig), start=1):
        waiting.append(pictures)
        if len(waiting) == _BATCH or number == len(motion):
            yield _codes(autoencoder, waiting)
            waiting = []


def face_codes(folder: Path, face: str | Path = "lumi") -> PortraitCodes:
    """Codes of the same face at rest, the anchor of a conversation.

    Args:
        folder: of stage 1, with `renderer.safetensors`.
        face: name or path of a portrait.

    Raises:
        ModelError: the folder has no such weights.
        Others: as `rig_of`.
    """
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
        Others: as `face_codes`.
    """
    datasets = _datasets(corpus)
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
    write_text(path, json.dumps(record, indent=1) + "\n")
    face_codes(folder, face).save(output / PORTRAIT_FILE)
    for dataset in datasets:
        for number, entry in enumerate(dataset.entries):
            target = output / f"{entry['id']}.npy"
            if target.exists():
                yield entry["frames"] * len(dataset.parties(number))
                continue
            faces = []
            for party in dataset.parties(number):
                codes = []
                for part in _latents(autoencoder, dataset.whole(number, party, lookahead=0).motion, face, rig):
                    codes.append(part)
                    yield len(part)
                faces.append(np.concatenate(codes))
            partial = target.with_suffix(".part")
            with partial.open("wb") as file:
                np.save(file, np.stack(faces))
            partial.replace(target)


def frames_of(corpus: Path) -> int:
    """Frames of all faces of a corpus: the sum of what `write_latents` yields. Raises as `ConversationDataset`."""
    return sum(
        entry["frames"] * len(dataset.parties(number))
        for dataset in _datasets(corpus)
        for number, entry in enumerate(dataset.entries)
    )


def _datasets(corpus: Path) -> list[ConversationDataset]:
    return [ConversationDataset(corpus, split) for split in ("train", "valid")]
