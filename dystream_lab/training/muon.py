"""Muon on processors without instructions for bfloat16."""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch.optim.optimizer import ParamsT

from dystream_lab.training.precision import bfloat16_pays


class Muon(torch.optim.Muon):
    """`torch.optim.Muon`, with orthogonalisation in float32 where bfloat16 would be emulated.

    PyTorch's always multiplies in bfloat16, at a tenth of the speed of float32 on such processors. The state is the
    same, so a run can be continued on another machine. Arguments are those of `torch.optim.Muon`.

    Raises:
        ValueError: `adjust_lr_fn` is not "match_rms_adamw".
    """

    def __init__(self, params: ParamsT, adjust_lr_fn: str = "match_rms_adamw", **settings: Any) -> None:
        if adjust_lr_fn != "match_rms_adamw":
            raise ValueError(f"adjust_lr_fn is {adjust_lr_fn!r}; accepted is match_rms_adamw")
        super().__init__(params, adjust_lr_fn=adjust_lr_fn, **settings)

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> Any:
        """One step; see `torch.optim.Muon`."""
        if all(bfloat16_pays(group["params"][0].device) for group in self.param_groups):
            return super().step(closure)
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            self._descend(group)
        return loss

    def _descend(self, group: dict[str, Any]) -> None:
        rate, momentum = group["lr"], group["momentum"]
        for parameter in group["params"]:
            if parameter.grad is None:
                continue
            state = self.state[parameter]
            if "momentum_buffer" not in state:
                state["momentum_buffer"] = torch.zeros_like(parameter.grad)
            mean = state["momentum_buffer"].lerp_(parameter.grad, 1 - momentum)
            update = parameter.grad.lerp(mean, momentum) if group["nesterov"] else mean
            update = orthogonalised(update, group["ns_coefficients"], group["ns_steps"], group["eps"])
            parameter.mul_(1 - rate * group["weight_decay"])
            # The root mean square of an update is then that of AdamW (Liu et al. 2025, Muon is Scalable).
            parameter.add_(update, alpha=-0.2 * rate * math.sqrt(max(parameter.shape)))


def orthogonalised(
    matrix: torch.Tensor, coefficients: tuple[float, float, float], steps: int, eps: float
) -> torch.Tensor:
    """The matrix with all singular values near 1, by the quintic Newton-Schulz iteration of Muon (Jordan et al. 2024).

    Args:
        matrix: (rows, columns).
        coefficients: of X, X X^T X and (X X^T)^2 X.
        steps: of the iteration.
        eps: smallest norm that the matrix is divided by.
    """
    a, b, c = coefficients
    tall = matrix.shape[0] > matrix.shape[1]
    x = matrix.T if tall else matrix
    x = x / x.norm().clamp(min=eps)
    for _ in range(steps):
        gram = x @ x.T
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x.T if tall else x
