"""Optimisers, learning rate and moving average of the weights."""

import math
from collections.abc import Iterable

import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel

from dystream_lab.training.config import TrainingConfig
from dystream_lab.training.muon import Muon

_LAST_RATE = 0.05  # of the highest learning rate
_LARGEST_GRADIENT = 1.0


def optimisers(rate: float, *modules: nn.Module) -> list[torch.optim.Optimizer]:
    """Muon (Jordan et al. 2024) for the matrices of linear layers, AdamW for the rest, at one learning rate.

    Muon needed two thirds of the steps of AdamW (docs/decisions.md). Only matrices have weight decay. Parameters are in
    the order of the modules, on which checkpoints rely.
    """
    linear = {layer.weight for module in modules for layer in module.modules() if isinstance(layer, nn.Linear)}
    others = [parameter for module in modules for parameter in module.parameters() if parameter not in linear]
    matrices = [parameter for module in modules for parameter in module.parameters() if parameter in linear]
    return [
        Muon(matrices, lr=rate, weight_decay=0.02, adjust_lr_fn="match_rms_adamw"),
        torch.optim.AdamW(others, lr=rate, betas=(0.9, 0.98), weight_decay=0.0),
    ]


def learning_rate(config: TrainingConfig, step: int) -> float:
    """Learning rate of a step: linear warm-up, then a cosine down to a twentieth of `config.rate`.

    A function of the step, so that a resumed run may have more steps than it began with.
    """
    if step < config.warmup:
        return config.rate * (step + 1) / config.warmup
    progress = (step - config.warmup) / max(1, config.steps - config.warmup)
    cosine = 0.5 * (1 + math.cos(math.pi * min(1.0, progress)))
    return config.rate * (_LAST_RATE + (1 - _LAST_RATE) * cosine)


def averaged(model: nn.Module, decay: float) -> AveragedModel:
    """The exponential moving average of a model's weights, in evaluation mode; the current weights are its first value.

    The decay rises with the number n of values, min(decay, (1 + n) / (10 + n)): a young average would otherwise keep
    the random start for a thousand steps.
    """

    @torch.no_grad()
    def update(mean: list[torch.Tensor], value: list[torch.Tensor], count: torch.Tensor | int) -> None:
        n = int(count)
        torch._foreach_lerp_(mean, value, 1 - min(decay, (1 + n) / (10 + n)))

    average = AveragedModel(model, multi_avg_fn=update)
    average.eval()
    average.update_parameters(model)
    return average


def backward(loss: torch.Tensor, parameters: Iterable[nn.Parameter], step: int) -> None:
    """Computes the gradients of a loss; the norm of those of `parameters` is limited to 1.

    Raises:
        RuntimeError: the loss or that norm is not finite. Weights and checkpoint are unchanged.
    """
    loss.backward()
    norm = float(nn.utils.clip_grad_norm_(parameters, _LARGEST_GRADIENT))
    value = float(loss.detach())
    if not math.isfinite(value) or not math.isfinite(norm):
        raise RuntimeError(
            f"the training diverges: at step {step} the loss is {value:g} and the norm of its gradients {norm:g}; "
            "repeat the command with a lower --rate, and it goes on from the last checkpoint"
        )
