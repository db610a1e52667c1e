"""Equivariance of the warp: a driving picture that is turned, scaled and shifted gives a warp that is so too.

The idea of FOMM (Siarohin et al. 2019), for a field instead of key points. It costs a motion code and a warp, which is
a small part of a picture.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from dystream_ros.models.released.networks.autoencoder import Autoencoder
from dystream_ros.models.released.networks.warping import identity_grid

_TURN, _ZOOM, _SHIFT = 0.15, 0.08, 0.08  # largest: radians, share, half sides of the picture


def random_transforms(count: int, device: torch.device) -> Tensor:
    """Random maps (count, 2, 3) of the plane -1 to 1, from places in a transformed picture to places in the picture."""
    turn, zoom, across, down = (2 * torch.rand(4, count, device=device) - 1).unbind()
    turn, zoom = _TURN * turn, 1 + _ZOOM * zoom
    row = torch.stack((zoom * turn.cos(), -zoom * turn.sin(), _SHIFT * across), -1)
    return torch.stack((row, torch.stack((zoom * turn.sin(), zoom * turn.cos(), _SHIFT * down), -1)), 1)


def transformed(image: Tensor, transforms: Tensor) -> Tensor:
    """Pictures (B, C, H, W), transformed; black (-1) outside."""
    grid = F.affine_grid(transforms, list(image.shape), align_corners=False)
    return F.grid_sample(image + 1, grid, align_corners=False) - 1


def equivariance_loss(
    autoencoder: Autoencoder, source: Tensor, masked: Tensor, deltas: Tensor, transforms: Tensor
) -> Tensor:
    """Difference between the warp of transformed driving pictures and the transformed warp of the plain ones.

    Only the part of the transformed picture that lies inside the plain one is compared.

    Args:
        source: motion codes (B, motion).
        masked: driving pictures (B, 3, size, size), masked.
        deltas: of the warp of the plain driving pictures (`FaceGenerator.deltas`).
        transforms: of `random_transforms`.
    """
    moved = autoencoder.motion_encoder(transformed(masked, transforms))
    places = identity_grid(*deltas.shape[1:4], like=deltas)
    found = autoencoder.face_generator.deltas(autoencoder.flow_estimator(source, moved)) + places
    plain = deltas + places
    batch, depth, height, width, _ = plain.shape
    grid = F.affine_grid(transforms, [batch, 1, height, width], align_corners=False)
    flat = plain.permute(0, 1, 4, 2, 3).flatten(1, 2)
    expected = F.grid_sample(flat, grid, align_corners=False).unflatten(1, (depth, 3)).permute(0, 1, 3, 4, 2)
    inside = (grid.abs() < 1 - 1 / width).all(-1)[:, None, ..., None]
    difference = (found - expected).abs() * inside
    return difference.sum() / (inside.sum() * depth * 3).clamp(min=1)
