"""The model file: it names the published weights and the settings to run them with."""

from dataclasses import dataclass
from pathlib import Path

import torch
import yaml

from dystream_ros.models.errors import ModelError
from dystream_ros.models.guidance import Guidance
from dystream_ros.models.released.fast.dense import has_bfloat16
from dystream_ros.models.released.networks.configuration import SAMPLE_RATE
from dystream_ros.models.released.networks.sampling import PUBLISHED_GUIDANCE
from dystream_ros.models.released.streaming.model import StreamConfig
from dystream_ros.models.released.streaming.speech_statistics import TrackingConfig

FAMILY = "released"
ENCODERS = ("window", "student")
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


@dataclass(frozen=True)
class ModelFile:
    """A valid model file.

    Attributes:
        weights: folder that `dystream convert` wrote.
        portrait: photo of the face, or the `.safetensors` made from it; None leaves the anchor at zero.
        masked: see `encode_portrait`.
        source: see `ReleasedRenderer`.
        encoder: "window" (the published one) or "student" (`dystream distill-encoder`).
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
    """Settings of a YAML file, or the defaults for a folder of converted weights; paths are relative to either.

    Raises:
        ModelError: it cannot be read, or has an unknown key or value; the message lists what is accepted.
    """
    if path.is_dir():
        return _checked({"weights": "."}, path)
    try:
        settings = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ModelError(f"{path} cannot be read as a model file: {error}") from error
    if not isinstance(settings, dict) or settings.pop("family", None) != FAMILY:
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
    return Guidance(weights["self"], weights["other"], weights["anchor"], weights["all"])


def _checked(settings: dict, base: Path) -> ModelFile:
    unknown = sorted(set(settings) - set(DEFAULTS))
    if unknown:
        raise ModelError(f"unknown settings {', '.join(unknown)}; accepted are {', '.join(DEFAULTS)}")
    chosen = DEFAULTS | settings
    for name, accepted in (("encoder", ENCODERS), ("precision", tuple(PRECISIONS)), ("source", ("first", "portrait"))):
        if chosen[name] not in accepted:
            raise ModelError(f"{name} is {chosen[name]!r}; accepted are {', '.join(accepted)}")
    for name, default in DEFAULTS.items():
        if isinstance(default, float) and not isinstance(chosen[name], int | float):
            raise ModelError(f"{name} is {chosen[name]!r}; give a number, such as {default}")
    if chosen["weights"] is None:
        raise ModelError("the setting weights is missing; give the folder that `dystream convert` wrote")
    guidance = _guidance(chosen["guidance"])
    device = chosen["device"]
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    config = StreamConfig(
        lookahead=round(chosen["lookahead"] * SAMPLE_RATE),
        window=round(chosen["window"] * 50),
        steps=int(chosen["steps"]),
        guidance=guidance,
        tracking=TrackingConfig(chosen["tracking_time"], chosen["tracking_floor"]),
        dtype=PRECISIONS[chosen["precision"]] or _fast_precision(str(device)),
        silence_gate=bool(chosen["silence_gate"]),
        floor_dbfs=chosen["speech_floor"],
        graphs=bool(chosen["graphs"]),
    )
    portrait = None if chosen["portrait"] is None else (base / Path(chosen["portrait"]).expanduser()).resolve()
    weights = (base / Path(chosen["weights"]).expanduser()).resolve()
    return ModelFile(
        weights, portrait, bool(chosen["masked"]), chosen["source"], chosen["encoder"], str(device), config
    )
