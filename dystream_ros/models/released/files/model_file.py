"""The file that names a published model and how to run it: the only thing that differs for a node."""

from dataclasses import dataclass
from pathlib import Path

import torch
import yaml

from dystream_ros.models.errors import ModelError
from dystream_ros.models.guidance import Guidance
from dystream_ros.models.released.fast.dense import has_bfloat16
from dystream_ros.models.released.networks.configuration import SAMPLE_RATE
from dystream_ros.models.released.streaming.model import StreamConfig
from dystream_ros.models.released.streaming.speech_statistics import TrackingConfig

FAMILY = "released"
ENCODERS = ("window", "student")
PRECISIONS = {"auto": None, "float32": torch.float32, "bfloat16": torch.bfloat16}
# Key of the file: what it is when left out. Seconds and dBFS where a unit is due.
DEFAULTS: dict[str, object] = {
    "weights": None,
    "portrait": None,
    "masked": True,
    "source": "first",
    "encoder": "window",
    "lookahead": 0.06,
    "window": 3.84,
    "steps": 5,
    "guidance": {"self": 0.5, "other": 0.5, "anchor": 0.0, "all": 1.0},
    "precision": "auto",  # bfloat16 on a GPU and on a processor that has its instructions
    "device": "auto",
    "tracking_time": 5.0,
    "tracking_floor": -45.0,
    "silence_gate": True,
    "speech_floor": -50.0,
    "graphs": True,
}


@dataclass(frozen=True)
class ModelFile:
    """A checked model file.

    Attributes:
        weights: folder that `dystream convert` wrote.
        portrait: photo of the face, or the `.safetensors` that was made of it; None holds the anchor at zero.
        masked, source: as `encode_portrait` and `ReleasedRenderer` have them.
        encoder: "window" (the published one) or "student" (`dystream distill-encoder`).
        device: "cpu", "cuda", ...
        config: of the stream.
    """

    weights: Path
    portrait: Path | None
    masked: bool
    source: str
    encoder: str
    device: str
    config: StreamConfig


def read_model_file(path: Path) -> ModelFile:
    """A YAML file, or a folder of converted weights with every setting at its default; paths are relative to it.

    Raises:
        ModelError: an unknown key or value; the message says which are accepted.
    """
    if path.is_dir():
        return _checked({"weights": "."}, path)
    try:
        settings = yaml.safe_load(path.read_text())
    except (OSError, yaml.YAMLError) as error:
        raise ModelError(f"{path} can not be read as a model file: {error}") from error
    if not isinstance(settings, dict) or settings.pop("family", None) != FAMILY:
        raise ModelError(f"{path} is no file of a published model; it begins with `family: {FAMILY}`")
    return _checked(settings, path.parent)


def _fast_precision(device: str) -> torch.dtype:
    fast = has_bfloat16() if device == "cpu" else True
    return torch.bfloat16 if fast else torch.float32


def _guidance(given: object) -> Guidance:
    """The weights that are given, in a mapping, and the published ones in the place of others."""
    published = DEFAULTS["guidance"]
    known = isinstance(given, dict) and set(given) <= set(published)
    if not known or not all(isinstance(weight, int | float) for weight in given.values()):
        raise ModelError(f"guidance is {given!r}; give numbers for any of {', '.join(published)}")
    weights = published | given
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
        raise ModelError("the setting weights is missing: the folder that `dystream convert` wrote")
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
