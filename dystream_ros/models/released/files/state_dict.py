"""Loads published state dicts into this package's modules: spellings, keys without use, and a report."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor, nn

# Keys of the published motion generator that inference does not read: queries of an attention with one key, a second
# cross-attention and two projections that the published forward never calls, and tables that follow from the sizes.
UNREAD_GENERATOR_KEYS = re.compile(
    r"^blocks\.\d+\.(norm2|norm_anchor|cross_attn_rope)\."
    r"|^diffusion_head\.(past_proj|anchor_proj)\."
    r"|\.rope\.(cos|sin)_angles$|\.self_attn_pos\.pe\.pe$"
)
# Training-only parts of the published autoencoder, the layer it never uses and counters.
UNREAD_RENDERER_KEYS = re.compile(
    r"^(discriminator|criterion_vgg)\.|\.num_batches_tracked$|^face_generator\.warp_layer\."
)

_WEIGHT_NORM = (
    (".conv.parametrizations.weight.original0", ".conv.parametrizations.weight.original1"),
    (".conv.weight_g", ".conv.weight_v"),
)


@dataclass(frozen=True)
class LoadReport:
    """Keys that a state dict lacks, keys that are not published ones, and keys of another shape."""

    missing: tuple[str, ...] = ()
    unexpected: tuple[str, ...] = ()
    misshapen: tuple[str, ...] = ()

    @property
    def usable(self) -> bool:
        """Whether every published key is there in its shape."""
        return not self.missing and not self.misshapen

    def __str__(self) -> str:
        lines = []
        for title, keys in (
            ("missing", self.missing),
            ("of another shape", self.misshapen),
            ("unknown, left out", self.unexpected),
        ):
            if keys:
                lines.append(f"{len(keys)} {title}:")
                lines.extend(f"  {key}" for key in keys)
        return "\n".join(lines) or "all keys found, no others"


def fold_weight_norm(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Replace each weight-norm pair, in the new or the old spelling, by the weight g v / |v|.

    The norm of v is over all axes but the last (one per tap of the kernel), as in wav2vec 2.0.
    """
    folded = dict(state)
    for magnitude, direction in _WEIGHT_NORM:
        for key in [key for key in folded if key.endswith(magnitude)]:
            stem = key.removesuffix(magnitude)
            if stem + direction not in folded:
                continue  # the report names the missing weight
            g, v = folded.pop(key).float(), folded.pop(stem + direction).float()
            folded[stem + ".conv.weight"] = g * v / v.norm(dim=(0, 1), keepdim=True)
    return folded


def compare(expected: Mapping[str, Tensor], given: Mapping[str, Tensor], unread: re.Pattern[str]) -> LoadReport:
    """Report on the keys of `given` against `expected`; keys that match `unread` are not unexpected."""
    misshapen = tuple(
        f"{key}: {tuple(given[key].shape)}, expected {tuple(tensor.shape)}"
        for key, tensor in expected.items()
        if key in given and given[key].shape != tensor.shape
    )
    return LoadReport(
        missing=tuple(key for key in expected if key not in given),
        unexpected=tuple(key for key in given if key not in expected and not unread.search(key)),
        misshapen=misshapen,
    )


def load_state(module: nn.Module, state: Mapping[str, Tensor], unread: re.Pattern[str]) -> LoadReport:
    """Load a published state dict into `module`, either spelling of the weight norm; extras are reported, not fatal.

    Raises:
        ValueError: a weight is missing or of another shape; the message is the whole report.
    """
    folded = fold_weight_norm(state)
    wanted = {key: tensor for key, tensor in module.state_dict().items() if not unread.search(key)}
    report = compare(wanted, folded, unread)
    if not report.usable:
        raise ValueError(f"this state dict does not fit the published {type(module).__name__}\n{report}")
    module.load_state_dict({key: folded[key].float() for key in wanted}, strict=False)
    return report


def with_prefix_removed(state: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """Entries below `prefix`, without it."""
    return {key.removeprefix(prefix): tensor for key, tensor in state.items() if key.startswith(prefix)}
