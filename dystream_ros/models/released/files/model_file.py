"""The model file: it names the published weights and the settings to run them with."""

import os
from dataclasses import dataclass
from pathlib import Path

import torch

from dystream_ros.models.errors import ModelError
from dystream_ros.models.guidance import Guidance
from dystream_ros.models.model_settings import read_settings
from dystream_ros.models.released.fast.dense import has_bfloat16
from dystream_ros.models.released.networks.configuration import SAMPLE_RATE
from dystream_ros.models.released.networks.sampling import PUBLISHED_GUIDANCE
from dystream_ros.models.released.streaming.model import StreamConfig
from dystream_ros.models.released.streaming.speech_statistics import TrackingConfig

FAMILY = "released"
ENCODERS = ("window", "student", "causal")
FOLDER_SETTINGS = "model.yaml"  # settings of a folder of weights, where it has any
PRECISIONS = {"auto": None, "float32": torch.float32, "bfloat16": torch.bfloat16}
_GUIDANCE = {
    "self": PUBLISHED_GUIDANCE.self_weight,
    "other": PUBLISHED_GUIDANCE.other_weight,
    "anchor": PUBLISHED_GUIDANCE.anchor_weight,
    "all": PUBLISHED_GUIDANCE.all_weight,
}
# Keys of the file and their defaults; times in seconds, levels in dBFS.
DEFAULTS: dict[str, object] = {
    "weights": None,
    "portrait": None,
    "masked": True,
    "source": "first",
    "encoder": "window",
    "lookahead": 0.06,
    "window": 3.84,
    "steps": 5,
    "guidance": _GUIDANCE,
    "precision": "auto",  # bfloat16 on a GPU and on a CPU with instructions for it
    "device": "auto",
    "tracking_time": 5.0,
    "tracking_floor": -45.0,
    "silence_gate": True,
    "speech_floor": -50.0,
    "graphs": True,
}


# Inclusive limits; times in seconds, levels in dBFS.
_LIMITS: dict[str, tuple[float, float]] = {
    "lookahead": (0.0, 0.5),
    "window": (0.4, 30.0),
    "steps": (1, 50),
    "tracking_time": (0.1, 60.0),
    "tracking_floor": (-120.0, 0.0),
    "speech_floor": (-120.0, 0.0),
}
_EXAMPLES = {"weights": "the folder that `dystream convert` wrote", "portrait": "photo.jpg", "device": "cpu"}


@dataclass(frozen=True)
class ModelFile:
    """A valid model file.

    Attributes:
        weights: folder that `dystream convert` wrote.
        portrait: photo of the face, or the `.safetensors` made from it; None leaves the anchor at zero.
        masked: see `encode_portrait`.
        source: see `ReleasedRenderer`.
        encoder: "window" (the published one), "student" (`dystream distill-encoder`) or "causal" (weights of
            `dystream train --family published`).
        device: "cpu", "cuda", ...
        config: settings of the stream.
    """

    weights: Path
    portrait: Path | None
    masked: bool
    source: str
    encoder: str
    device: str
    config: StreamConfig


def read_model_file(path: Path) -> ModelFile:
    """Settings of a YAML file, or of `model.yaml` in a folder of weights, else the defaults; paths are relative to it.

    Raises:
        ModelError: it cannot be read, or has an unknown key or value; the message lists what is accepted.
    """
    if os.path.isdir(path):
        if not (path / FOLDER_SETTINGS).is_file():
            return _checked({"weights": "."}, path)
        path = path / FOLDER_SETTINGS
    settings = read_settings(path)
    if settings.pop("family", None) != FAMILY:
        raise ModelError(f"{path} is not a model file of the published model; it needs the line `family: {FAMILY}`")
    return _checked(settings, path.parent)


def _fast_precision(device: str) -> torch.dtype:
    fast = has_bfloat16() if device == "cpu" else True
    return torch.bfloat16 if fast else torch.float32


def _guidance(given: object) -> Guidance:
    """The weights in a mapping; the published ones where it has none."""
    names_known = isinstance(given, dict) and set(given) <= set(_GUIDANCE)
    if not isinstance(given, dict) or not names_known or not all(isinstance(w, int | float) for w in given.values()):
        raise ModelError(f"guidance is {given!r}; give numbers for any of {', '.join(_GUIDANCE)}")
    weights = _GUIDANCE | given
    try:
        return Guidance(weights["self"], weights["other"], weights["anchor"], weights["all"])
    except ValueError as error:
        raise ModelError(f"guidance is {given!r}: {error}") from error


def _path(base: Path, name: str) -> Path:
    try:
        return (base / Path(name).expanduser()).resolve()
    except (OSError, RuntimeError, ValueError) as error:
        raise ModelError(f"{name[:200]!r} is no path: {error}") from error


def _checked(settings: dict, base: Path) -> ModelFile:
    unknown = sorted(set(settings) - set(DEFAULTS))
    if unknown:
        raise ModelError(f"unknown settings {', '.join(unknown)}; accepted are {', '.join(DEFAULTS)}")
    chosen = DEFAULTS | settings
    for name, accepted in (("encoder", ENCODERS), ("precision", tuple(PRECISIONS)), ("source", ("first", "portrait"))):
        if chosen[name] not in accepted:
            raise ModelError(f"{name} is {chosen[name]!r}; accepted are {', '.join(accepted)}")
    for name, (low, high) in _LIMITS.items():
        kinds = (int,) if isinstance(DEFAULTS[name], int) else (int, float)
        if type(chosen[name]) not in kinds or not low <= chosen[name] <= high:
            kind = "an integer" if kinds == (int,) else "a number"
            raise ModelError(
                f"{name} is {chosen[name]!r}; give {kind} from {low:g} to {high:g}, such as {DEFAULTS[name]}"
            )
    for name, default in DEFAULTS.items():
        if isinstance(default, bool) and type(chosen[name]) is not bool:
            raise ModelError(f"{name} is {chosen[name]!r}; accepted are true and false")
    for name in ("weights", "portrait", "device"):
        if chosen[name] is not None and not isinstance(chosen[name], str):
            raise ModelError(f"{name} is {chosen[name]!r}; give a text, such as {_EXAMPLES[name]}")
    if chosen["weights"] is None:
        raise ModelError("the setting weights is missing; give the folder that `dystream convert` wrote")
    guidance = _guidance(chosen["guidance"])
    device = chosen["device"]
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        device = str(torch.device(device))
    except (RuntimeError, TypeError) as error:
        raise ModelError(f"device is {device!r}; accepted are auto, cpu, cuda and cuda:0, cuda:1, ...") from error
    config = StreamConfig(
        lookahead=round(chosen["lookahead"] * SAMPLE_RATE),
        window=round(chosen["window"] * 50),
        steps=chosen["steps"],
        guidance=guidance,
        tracking=TrackingConfig(chosen["tracking_time"], chosen["tracking_floor"]),
        dtype=PRECISIONS[chosen["precision"]] or _fast_precision(str(device)),
        silence_gate=bool(chosen["silence_gate"]),
        floor_dbfs=chosen["speech_floor"],
        graphs=bool(chosen["graphs"]),
    )
    portrait = None if chosen["portrait"] is None else _path(base, chosen["portrait"])
    weights = _path(base, chosen["weights"])
    return ModelFile(
        weights, portrait, bool(chosen["masked"]), chosen["source"], chosen["encoder"], str(device), config
    )
