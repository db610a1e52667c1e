"""Sizes and settings of the compact model."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from dystream_ros.audio.resample import MEDIA_RATE

HOP = 640  # samples per motion frame: 25 frames per second
MEL_HOP = 160  # samples per audio feature frame: 100 per second
MELS_PER_FRAME = HOP // MEL_HOP
EVENT_FIELDS = ("nod", "gaze_shift", "blink", "brow_raise")  # of `face.dials.EventRates`; order of `model.EVENTS`
# Inclusive limits of the integers and of the numbers; a damaged file must not make a network of gigabytes, or a step
# of hours.
_INTEGERS = {
    "mels": (1, 256), "self_channels": (1, 2048), "self_rounds": (1, 16), "other_channels": (1, 2048),
    "self_features": (1, 4096), "other_features": (1, 4096), "width": (1, 4096), "blocks": (1, 64), "heads": (1, 64),
    "window": (1, 5000), "head_width": (1, 4096), "head_blocks": (1, 64), "steps": (1, 100),
}  # fmt: skip
_TEMPERATURES = ("temperature", "gaze_temperature", "brow_temperature", "smile_temperature", "lip_temperature")
_NUMBERS = {**dict.fromkeys(_TEMPERATURES, (0.0, 10.0)), "lip_flow": (0.0, 1.0)}
_SAMPLER = {"steps": int, **dict.fromkeys(_TEMPERATURES, float), "lip_flow": float}


@dataclass(frozen=True)
class CompactConfig:
    """Architecture of a compact model; stored beside its weights.

    Attributes:
        lookahead_ms: audio past the end of a frame that its motion depends on, ms; 0 to 200 in steps of 10.
        mels: bands of the log-mel features.
        self_channels, other_channels: channels of the convolutions of each party's encoder.
        self_rounds: repetitions of the list of dilations in the encoder of the self audio.
        self_features, other_features: outputs of each encoder per frame.
        width, blocks, heads: sizes of the transformer; `width` is a multiple of `heads`.
        window: frames of history that attention covers; older keys are dropped.
        head_width, head_blocks: sizes of the flow-matching head.
        steps: steps of the flow-matching head's sampler.
        temperature: scale of the noise that motion is sampled from.
        gaze_temperature, brow_temperature, smile_temperature: the same for the eyes' directions, brows and smiles. Few
            steps of the sampler make what has several outcomes smaller, as a glance to either side
            (docs/decisions.md).
        lip_temperature: the same for the speech coefficients, which follow the sound and need less noise.
        lip_flow: share of the flow head in the speech coefficients, 0 to 1. The rest is a linear readout of the causal
            audio encoder; feeding lips back made them drift (docs/decisions.md).

    Raises:
        ValueError: a value is not accepted.
    """

    lookahead_ms: int = 60
    mels: int = 64
    self_channels: int = 144
    self_rounds: int = 2
    other_channels: int = 64
    self_features: int = 192
    other_features: int = 96
    width: int = 192
    blocks: int = 3
    heads: int = 4
    window: int = 200
    head_width: int = 192
    head_blocks: int = 3
    steps: int = 2
    temperature: float = 0.96
    gaze_temperature: float = 0.96
    brow_temperature: float = 0.96
    smile_temperature: float = 0.96
    lip_temperature: float = 0.2
    lip_flow: float = 0.05

    def __post_init__(self) -> None:
        if type(self.lookahead_ms) is not int or self.lookahead_ms not in range(0, 201, 10):
            raise ValueError(f"lookahead_ms is {self.lookahead_ms}; accepted are 0 to 200 in steps of 10")
        for limits, types in ((_INTEGERS, (int,)), (_NUMBERS, (int, float))):
            for name, (low, high) in limits.items():
                value = getattr(self, name)
                if type(value) not in types or not low <= value <= high:
                    kind = "integers" if types == (int,) else "numbers"
                    raise ValueError(f"{name} is {value!r}; accepted are {kind} from {low:g} to {high:g}")
        if self.width % self.heads:
            raise ValueError(f"width {self.width} is not a multiple of heads {self.heads}")

    def sampled_with(self, settings: Sequence[str]) -> "CompactConfig":
        """This configuration with other settings of the sampler, from texts such as "steps=3".

        Raises:
            ValueError: no such setting of the sampler, or a value that is not accepted.
        """
        values: dict[str, Any] = {}  # an integer for `steps`, numbers for the others
        for text in settings:
            name, _, value = text.partition("=")
            if name not in _SAMPLER:
                raise ValueError(
                    f"{text!r} is not a setting of the sampler; accepted are NAME=NUMBER with {', '.join(_SAMPLER)}"
                )
            try:
                values[name] = _SAMPLER[name](value)
            except ValueError as error:
                kind = "integer" if _SAMPLER[name] is int else "number"
                raise ValueError(f"{text!r} has no {kind} after {name}=") from error
        return replace(self, **values)

    def architecture(self) -> list[str]:
        """Names of the fields that the weights depend on; the others are settings of the sampler."""
        return [field.name for field in fields(self) if field.name not in _SAMPLER]

    @property
    def lookahead(self) -> int:
        """Lookahead in samples."""
        return self.lookahead_ms * MEDIA_RATE // 1000
