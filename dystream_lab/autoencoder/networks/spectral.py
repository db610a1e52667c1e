"""The spectral norms of the decoder in training: one step of the power iteration per step of the optimiser.

The networks of the model read the stored vectors and never change them (`released/networks/spade.py`); the hook that
the published training used changes them in every forward pass.
"""

import torch
import torch.nn.functional as F
from torch import nn

from dystream_ros.models.released.networks.spade import SpectralConv


@torch.no_grad()
def iterate(module: nn.Module, steps: int = 1) -> None:
    """Moves the vectors of all spectral norms in a module towards the first singular vectors of their weights."""
    for layer in module.modules():
        if isinstance(layer, SpectralConv):
            matrix = layer.weight_orig.detach().flatten(1)
            for _ in range(steps):
                layer.weight_v.copy_(F.normalize(matrix.T @ layer.weight_u, dim=0))
                layer.weight_u.copy_(F.normalize(matrix @ layer.weight_v, dim=0))
