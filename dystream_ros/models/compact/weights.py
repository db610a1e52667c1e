"""A compact model on disk: one safetensors file whose header carries the configuration."""

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path

import torch

from dystream_ros.models.compact.config import CompactConfig
from dystream_ros.models.compact.encoder import KERNEL
from dystream_ros.models.compact.growth import widened, with_both_parties, with_events
from dystream_ros.models.compact.model import EVENTS, CompactModel
from dystream_ros.models.compact.weights_file import FORMAT, WeightsFile, read, unsuitable
from dystream_ros.models.errors import ModelError
from dystream_ros.models.guidance import Guidance
from dystream_ros.models.tensor_file import write_tensors

_SELF_ENCODER = "self_encoder."


def save(model: CompactModel, path: Path, dtype: torch.dtype = torch.float16) -> None:
    """Writes the weights; half precision halves the file and changes the motion less than another seed does."""
    write_tensors(
        {name: tensor.detach().to(dtype) for name, tensor in model.state_dict().items()}, path, _header(model)
    )


def content(model: CompactModel) -> WeightsFile:
    """What a weights file of this model contains, in float32."""
    return WeightsFile(_header(model), {name: tensor.detach().numpy() for name, tensor in model.state_dict().items()})


def _header(model: CompactModel) -> dict[str, str]:
    return {
        "format": FORMAT,
        "config": json.dumps(dataclasses.asdict(model.config)),
        "guidance": json.dumps(dataclasses.asdict(model.guidance)),
    }


def load(path: Path) -> CompactModel:
    """Reads a model in evaluation mode, float32.

    Raises:
        ModelError: the file is missing or damaged, or is not a compact model.
    """
    header, tensors = _read(path)
    try:
        model = CompactModel(CompactConfig(**json.loads(header["config"])), Guidance(**json.loads(header["guidance"])))
        model.load_state_dict(tensors)
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise unsuitable(path, error) from error
    return model.eval()


def average(paths: Sequence[Path]) -> CompactModel:
    """The mean of several weights of one architecture, with the settings of the last.

    Raises:
        ModelError: a file is missing, damaged, or of another architecture than the last.
    """
    model = load(paths[-1])
    own = model.state_dict()
    for path in paths[:-1]:
        other = load(path)
        # Weights of different lookaheads have the same sizes, but their average is not a model of either.
        for name in model.config.architecture():
            ours, theirs = getattr(model.config, name), getattr(other.config, name)
            if ours != theirs:
                raise ModelError(
                    f"{path} has {name}={theirs}, {paths[-1]} has {name}={ours}; average weights of one architecture"
                )
        own = {name: tensor + other.state_dict()[name] for name, tensor in own.items()}
    model.load_state_dict({name: tensor / len(paths) for name, tensor in own.items()})
    return model


def begin_with(model: CompactModel, path: Path) -> None:
    """Initialises a model with the weights in a file, also of an earlier version; parts that the file lacks are kept.

    The encoder of the self audio is widened where the model's has more channels, and extended to both parties where the
    file's has one. Events that the file lacks are initialised as rare. The scales of motion stay the model's own, since
    they are measured on its corpus.

    Raises:
        ModelError: the file is missing, damaged, of other sizes, or has parts that the model lacks.
    """
    _, tensors = _read(path)
    own = {name: tensor for name, tensor in tensors.items() if not name.startswith("space.")}
    encoder = {
        name.removeprefix(_SELF_ENCODER): tensor for name, tensor in own.items() if name.startswith(_SELF_ENCODER)
    }
    channels = len(encoder.get("stem.taps.bias", ()))
    if channels > model.self_encoder.channels:
        raise ModelError(
            f"{path} has a self encoder of {channels} channels, this model has {model.self_encoder.channels}; "
            f"give --self-channels {channels} or more"
        )
    if 0 < channels < model.self_encoder.channels:
        encoder = widened(encoder, model.self_encoder)
    if channels and encoder["stem.taps.weight"].shape[1] < KERNEL * model.self_encoder.inputs:
        encoder = with_both_parties(encoder, model.self_encoder)
    own |= {_SELF_ENCODER + name: tensor for name, tensor in encoder.items()}
    if len(own.get("event_onset.bias", EVENTS)) < len(EVENTS):
        own = with_events(own, len(EVENTS))
    try:
        result = model.load_state_dict(own, strict=False)
    except RuntimeError as error:
        raise ModelError(f"{path} cannot initialise this model: {error}") from error
    if result.unexpected_keys:
        raise ModelError(f"{path} has parts that this model lacks: {', '.join(result.unexpected_keys[:5])}")


def _read(path: Path) -> tuple[dict[str, str], dict[str, torch.Tensor]]:
    """Header and float32 tensors of a file of weights."""
    file = read(path)
    return file.header, {name: torch.from_numpy(tensor) for name, tensor in file.tensors.items()}
