"""Initial weights of a larger model from a smaller one: a wider encoder, an encoder of both parties, more events."""

import torch

from dystream_ros.models.compact.encoder import KERNEL, AudioEncoder

_LEAST_SHARE = 0.1
# Log odds that a new event begins in a frame before it is trained: once in about 150 frames.
_RARE = -5.0


def with_both_parties(tensors: dict[str, torch.Tensor], encoder: AudioEncoder) -> dict[str, torch.Tensor]:
    """The tensors of an audio encoder of fewer inputs in the shapes of `encoder`; additional inputs have no effect."""
    taps = tensors["stem.taps.weight"].unflatten(1, (KERNEL, -1))
    more = torch.zeros(*taps.shape[:2], encoder.inputs - taps.shape[2])
    return tensors | {"stem.taps.weight": torch.cat([taps, more], dim=2).flatten(1)}


def with_events(tensors: dict[str, torch.Tensor], events: int) -> dict[str, torch.Tensor]:
    """The tensors of a model of fewer events in the shapes of one of `events`; new ones are rare and have no effect."""
    weight, bias = tensors["event_onset.weight"], tensors["event_onset.bias"]
    new = events - len(bias)
    grown = {
        "event_onset.weight": torch.cat([weight, torch.zeros(new, weight.shape[1])]),
        "event_onset.bias": torch.cat([bias, torch.full((new,), _RARE)]),
    }
    for name in ("event_embed.weight", "event_shape.weight"):
        rows = tensors[name]
        grown[name] = torch.cat([rows, torch.zeros(len(rows) // len(bias) * new, rows.shape[1])])
    return tensors | grown


def widened(tensors: dict[str, torch.Tensor], encoder: AudioEncoder) -> dict[str, torch.Tensor]:
    """The tensors of a narrower audio encoder in the shapes of a wider `encoder`, for nearly the same features.

    Additional channels are copies of others; the outgoing weights of a channel are split unevenly between it and its
    copies, so that they diverge in training (Net2WiderNet, Chen et al., arXiv 1511.05641). The features are not exactly
    the same, since layer norms count the copied channels twice.
    """
    narrow, wide = len(tensors["stem.taps.bias"]), encoder.channels
    random = torch.Generator().manual_seed(0)
    channels = _Copies(narrow, wide, random)
    grown = dict(tensors)
    for name in ("stem.taps.weight", "stem.taps.bias"):
        grown[name] = tensors[name][channels.of]
    for block in range(len(encoder.fast)):
        prefix = f"fast.{block}."
        if f"{prefix}norm.weight" not in tensors:
            continue
        inner = _Copies(narrow, wide, random)
        for name in ("norm.weight", "norm.bias", "project.bias"):
            grown[prefix + name] = tensors[prefix + name][channels.of]
        taps = channels.shared(tensors[prefix + "convolution.taps.weight"].unflatten(1, (KERNEL, narrow)))
        grown[prefix + "convolution.taps.weight"] = taps.flatten(1)[inner.of]
        grown[prefix + "convolution.taps.bias"] = tensors[prefix + "convolution.taps.bias"][inner.of]
        grown[prefix + "project.weight"] = inner.shared(tensors[prefix + "project.weight"])[channels.of]
    down = tensors["down.weight"].unflatten(1, (narrow, -1)).transpose(1, 2)
    grown["down.weight"] = channels.shared(down).transpose(1, 2).flatten(1)
    return grown


class _Copies:
    """The narrow channel that each wide channel copies (`of`), and its share of that channel's outgoing weights."""

    def __init__(self, narrow: int, wide: int, random: torch.Generator) -> None:
        rounds = [torch.randperm(narrow, generator=random) for _ in range(-(-wide // narrow) - 1)]
        self.of = torch.cat([torch.arange(narrow), *rounds])[:wide]
        share = _LEAST_SHARE + torch.rand(wide, generator=random)
        self._share = share / torch.zeros(narrow).index_add(0, self.of, share)[self.of]

    def shared(self, weight: torch.Tensor) -> torch.Tensor:
        """Outgoing weights (..., narrow) of the channels as (..., wide)."""
        return weight[..., self.of] * self._share
