"""Classifier-free guidance over self audio, other audio and anchor (DyStream, arXiv 2512.24408).

A guided estimate is a weighted sum of the network's estimates under five conditionings. With n = no condition given:
x0 = n + a (self - n) + b (other - n) + c (anchor - n) + d (all - n).
"""

from dataclasses import dataclass

import torch

# The conditions (self, other, anchor) of each branch, in the order of the published code.
BRANCHES = {
    "none": (0.0, 0.0, 0.0),
    "anchor": (0.0, 0.0, 1.0),
    "self": (1.0, 0.0, 0.0),
    "other": (0.0, 1.0, 0.0),
    "all": (1.0, 1.0, 1.0),
}


@dataclass(frozen=True)
class Guidance:
    """Weights a, b, c, d of the formula above. (0, 0, 0, 1) is no guidance: one branch with all conditions."""

    self_weight: float = 0.0
    other_weight: float = 0.0
    anchor_weight: float = 0.0
    all_weight: float = 1.0

    def __post_init__(self) -> None:
        """Raises ValueError for a weight that is no number of -100 to 100."""
        for name, value in vars(self).items():
            if type(value) not in (int, float) or not -100 <= value <= 100:
                raise ValueError(f"{name} is {value!r}; accepted are numbers from -100 to 100")

    @property
    def coefficients(self) -> dict[str, float]:
        """The coefficient of each branch's estimate in the sum, without the branches whose coefficient is zero."""
        a, b, c, d = self.self_weight, self.other_weight, self.anchor_weight, self.all_weight
        every = {"none": 1.0 - a - b - c - d, "anchor": c, "self": a, "other": b, "all": d}
        # 1 - (0.1 + 0.2 + 0.7) is 1e-16 and not 0: such a branch is left out.
        return {name: value for name, value in every.items() if abs(value) > 1e-9}

    def switches(self) -> torch.Tensor:
        """(branches, 3) of 0 or 1: whether a branch is given self, other, anchor; in the order of `coefficients`."""
        return torch.tensor([BRANCHES[name] for name in self.coefficients])

    def combine(self, estimates: torch.Tensor) -> torch.Tensor:
        """Guided estimate (B, D) of the branches' estimates (B, branches, D)."""
        weights = torch.tensor(list(self.coefficients.values()), dtype=estimates.dtype, device=estimates.device)
        return torch.einsum("bnd,n->bd", estimates, weights)
