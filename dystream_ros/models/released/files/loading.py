"""Loads the parts that a model file names: weights, student encoders, readout, portrait, renderer."""

import os
from pathlib import Path

import torch
from safetensors.torch import load_file

from dystream_ros.models.errors import ModelError
from dystream_ros.models.released.files.conversion import sha256_of
from dystream_ros.models.released.files.model_file import ModelFile, read_model_file
from dystream_ros.models.released.files.portrait import PortraitCodes, cache_path
from dystream_ros.models.released.files.readout import READOUT_FILE, Readout
from dystream_ros.models.released.files.weights import (
    causal_sizes,
    generator_file,
    load_autoencoder,
    load_generator,
)
from dystream_ros.models.released.networks.configuration import SAMPLE_RATE
from dystream_ros.models.released.networks.generator import MotionGenerator
from dystream_ros.models.released.streaming.causal_encoder import CausalEncoder
from dystream_ros.models.released.streaming.model import ReleasedModel
from dystream_ros.models.released.streaming.party_encoder import PartyEncoder
from dystream_ros.models.released.streaming.renderer import ReleasedRenderer
from dystream_ros.models.released.streaming.student import StudentEncoder


def load(path: Path | str) -> ReleasedModel:
    """A model ready for sessions, from a model file or a folder of converted weights.

    Raises:
        ModelError: a setting or a file is missing or wrong.
    """
    file = read_model_file(Path(path).expanduser())
    generator = load_generator(file.weights)
    check_encoder(file)
    return ReleasedModel(
        generator,
        file.config,
        anchor_of(file, generator),
        _readout(file, generator),
        _encoders(file, generator),
        file.device,
    )


def check_encoder(file: ModelFile) -> None:
    """Checks that the encoder of a model file is the one that its weights were trained with.

    Raises:
        ModelError: causal weights with another encoder, lookahead or window, or weights that are not causal with it.
    """
    trained = causal_sizes(file.weights)
    if trained is None:
        if file.encoder == "causal":
            raise ModelError(
                f"encoder is 'causal', and the weights in {file.weights} were not trained with one; accepted are "
                "window and, after `dystream distill-encoder`, student"
            )
        return
    lookahead, span = trained
    if (file.encoder, file.config.lookahead, file.config.window) != ("causal", lookahead, span):
        given = f"{file.encoder}, {file.config.lookahead / SAMPLE_RATE:g} and {file.config.window / 50:g}"
        raise ModelError(
            f"the weights in {file.weights} were trained with encoder: causal, lookahead: {lookahead / SAMPLE_RATE:g} "
            f"and window: {span / 50:g}; the model file has {given}: give the same"
        )


def anchor_of(file: ModelFile, generator: MotionGenerator) -> torch.Tensor:
    """Motion code (motion,) of a model file's portrait; zeros without one.

    Raises:
        ModelError: the portrait cannot be loaded, or was encoded for a generator of another size.
    """
    size = generator.config.motion
    code = load_portrait(file).code if file.portrait else torch.zeros(size)
    if code.shape != (size,):
        raise ModelError(
            f"{file.portrait} was encoded for another model: its motion has {code.numel()} numbers, that of "
            f"{file.weights} {size}; encode the photo again with `dystream convert --portrait`"
        )
    return code


def students_of(file: ModelFile, generator: MotionGenerator) -> tuple[StudentEncoder, StudentEncoder] | None:
    """The distilled encoders of self and other beside a model's weights; None unless both files are there."""
    if not all((file.weights / student_file(party)).is_file() for party in ("self", "other")):
        return None
    return _students(file, generator)


def load_renderer(path: Path | str, width: int = 512, height: int = 512, exact: bool = False) -> ReleasedRenderer:
    """The renderer of a model file, on its portrait; `exact` is float32 whatever its precision.

    Raises:
        ModelError: as `load`; or the file names no portrait.
    """
    file = read_model_file(Path(path).expanduser())
    if file.portrait is None:
        raise ModelError(f"{path} names no portrait; the published renderer needs the setting portrait, a photo")
    codes, config = load_portrait(file), file.config
    autoencoder = load_autoencoder(file.weights)
    if tuple(codes.volume.shape) != autoencoder.config.volume:
        raise ModelError(
            f"{file.portrait} was encoded for another renderer: its volume is {tuple(codes.volume.shape)}, that of "
            f"{file.weights} {autoencoder.config.volume}; encode the photo again with `dystream convert --portrait`"
        )
    dtype = torch.float32 if exact else config.dtype
    return ReleasedRenderer(autoencoder, codes, width, height, dtype, file.device, file.source, config.graphs)


def load_portrait(file: ModelFile) -> PortraitCodes:
    """Codes of a model file's portrait: a file of codes, or those that `dystream convert` cached for a photo.

    Raises:
        ModelError: there is no such file, or the photo has not been prepared.
    """
    photo = file.portrait
    if photo is None or not os.path.isfile(photo):
        raise ModelError(f"there is no portrait {photo}; give a photo (JPEG, PNG or WebP)")
    if photo.suffix == ".safetensors":
        return PortraitCodes.load(photo)
    cached = cache_path(photo, file.weights, file.masked)
    if not cached.is_file():
        unmasked = "" if file.masked else " --unmasked"
        raise ModelError(
            f"{photo} has not been prepared for this model; run "
            f"`dystream convert --portrait {photo}{unmasked} -o {file.weights}` once"
        )
    return PortraitCodes.load(cached)


def _readout(file: ModelFile, generator: MotionGenerator) -> Readout | None:
    """The names of the motion beside the weights; None without a file."""
    path, size = file.weights / READOUT_FILE, generator.config.motion
    if not path.is_file():
        return None
    readout = Readout.load(path)
    if readout.size != size:
        raise ModelError(
            f"{path} names motions of {readout.size} numbers, and those of {file.weights} have {size}; write it again "
            "with `dystream calibrate`"
        )
    return readout


def _encoders(file: ModelFile, generator: MotionGenerator) -> tuple[PartyEncoder, PartyEncoder] | None:
    if file.encoder == "student":
        return _students(file, generator)
    if file.encoder == "causal":
        settings = file.config.lookahead, file.config.window, file.config.tracking
        own, other = (
            CausalEncoder(encoder, *settings)
            for encoder in (generator.audio_encoder_face, generator.audio_encoder_face_other)
        )
        return own, other
    return None


def student_file(party: str) -> str:
    """Name of a student encoder's weights beside those of the generator; `party` is self or other."""
    return f"student_{party}.safetensors"


def _students(file: ModelFile, generator: MotionGenerator) -> tuple[StudentEncoder, StudentEncoder]:
    students = []
    for party, teacher in (("self", generator.audio_encoder_face), ("other", generator.audio_encoder_face_other)):
        path = file.weights / student_file(party)
        if not path.is_file():
            raise ModelError(f"{file.weights} has no {path.name}; make it with `dystream distill-encoder`")
        student = StudentEncoder(teacher, file.config.lookahead, file.config.window, file.config.tracking)
        try:
            student.load_state_dict(load_file(str(path)))
        except RuntimeError as error:
            raise ModelError(
                f"{path} was trained for another lookahead or window than the model file's: {error}"
            ) from error
        students.append(student.eval().requires_grad_(False))
    return students[0], students[1]


def weights_sha256(path: Path | str) -> str:
    """SHA-256 of the motion generator's weights of a model file or folder, 64 hexadecimal digits. Raises ModelError."""
    return sha256_of(generator_file(read_model_file(Path(path).expanduser()).weights))
