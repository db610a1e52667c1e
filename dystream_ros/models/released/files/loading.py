"""A published model from its file: weights, student encoders, readout, portrait."""

from pathlib import Path

import torch
from safetensors.torch import load_file

from dystream_ros.models.errors import ModelError
from dystream_ros.models.released.files.conversion import GENERATOR_FILE, sha256_of
from dystream_ros.models.released.files.masked_portrait import LandmarkFinder, encoder_pictures
from dystream_ros.models.released.files.model_file import ModelFile, read_model_file
from dystream_ros.models.released.files.portrait import PortraitCodes, cache_path, encode_portrait
from dystream_ros.models.released.files.readout import READOUT_FILE, Readout
from dystream_ros.models.released.files.weights import load_autoencoder, load_generator
from dystream_ros.models.released.networks.generator import MotionGenerator
from dystream_ros.models.released.streaming.model import ReleasedModel
from dystream_ros.models.released.streaming.renderer import ReleasedRenderer
from dystream_ros.models.released.streaming.student import StudentEncoder


def load(path: Path | str, finder: LandmarkFinder | None = None) -> ReleasedModel:
    """A model ready for sessions, from a model file or a folder of converted weights.

    Args:
        finder: of a portrait photo's landmarks; needed once a photo, afterwards its codes are cached.

    Raises:
        ModelError: a setting or a file is missing or wrong.
    """
    file = read_model_file(Path(path).expanduser())
    generator = load_generator(file.weights)
    readout = file.weights / READOUT_FILE
    return ReleasedModel(
        generator,
        file.config,
        anchor_of(file, generator, finder),
        Readout.load(readout) if readout.is_file() else None,
        _students(file, generator) if file.encoder == "student" else None,
        file.device,
    )


def anchor_of(file: ModelFile, generator: MotionGenerator, finder: LandmarkFinder | None = None) -> torch.Tensor:
    """Motion code (motion,) of a model file's portrait; zeros without one."""
    return load_portrait(file, finder).code if file.portrait else torch.zeros(generator.config.motion)


def students_of(file: ModelFile, generator: MotionGenerator) -> tuple[StudentEncoder, StudentEncoder] | None:
    """The distilled encoders beside a model's weights, for its lookahead and window; None where there are none."""
    if not all((file.weights / student_file(party)).is_file() for party in ("self", "other")):
        return None
    return _students(file, generator)


def load_renderer(
    path: Path | str, width: int = 512, height: int = 512, finder: LandmarkFinder | None = None, exact: bool = False
) -> ReleasedRenderer:
    """The renderer of a model file, on its portrait; `exact` is float32 whatever the file says. Raises as `load`."""
    file = read_model_file(Path(path).expanduser())
    if file.portrait is None:
        raise ModelError(f"{path} names no portrait; the published renderer needs the setting portrait, a photo")
    codes, config = load_portrait(file, finder), file.config
    dtype = torch.float32 if exact else config.dtype
    return ReleasedRenderer(
        load_autoencoder(file.weights), codes, width, height, dtype, file.device, file.source, config.graphs
    )


def load_portrait(file: ModelFile, finder: LandmarkFinder | None) -> PortraitCodes:
    """Codes of a model file's portrait: read, or from the cache, or made of the photo and cached.

    Raises:
        ModelError: there is no such file, no face in it, or no finder for a photo that was never seen before.
    """
    photo = file.portrait
    if photo is None or not photo.is_file():
        raise ModelError(f"there is no portrait {photo}; give a photo (JPEG, PNG or WebP)")
    if photo.suffix == ".safetensors":
        return PortraitCodes.load(photo)
    cached = cache_path(photo, file.weights, file.masked)
    if not cached.is_file():
        if finder is None:
            raise ModelError(
                f"{photo} was never prepared; `dystream convert --portrait {photo}` finds its landmarks once"
            )
        codes = encode_portrait(load_autoencoder(file.weights), encoder_pictures(_photo(photo), finder), file.masked)
        codes.save(cached)
    return PortraitCodes.load(cached)


def _photo(path: Path):
    import cv2

    image = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if image is None:
        raise ModelError(f"{path} can not be read as a photo; give a JPEG, PNG or WebP file")
    return image


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
                f"{path} was made for another lookahead or window than the model file's: {error}"
            ) from error
        students.append(student.eval().requires_grad_(False))
    return students[0], students[1]


def has_portrait(path: Path | str) -> bool:
    """Whether a model file names a portrait, which its renderer needs."""
    return read_model_file(Path(path).expanduser()).portrait is not None


def has_names(path: Path | str) -> bool:
    """Whether its motions have named coefficients: `dystream calibrate` has written its readout."""
    return (read_model_file(Path(path).expanduser()).weights / READOUT_FILE).is_file()


def weights_sha256(path: Path | str) -> str:
    """Hash of a model's generator weights, for the record of a run."""
    return sha256_of(read_model_file(Path(path).expanduser()).weights / GENERATOR_FILE)
