"""The published renderer for inference: one affine map, the folded warp, the folded decoder."""

import torch
from torch import Tensor, nn

from dystream_ros.models.released.fast.folded_decoder import FoldedDecoder
from dystream_ros.models.released.fast.folded_warp import FoldedWarp
from dystream_ros.models.released.fast.precision import float32_convolutions
from dystream_ros.models.released.networks.autoencoder import Autoencoder


class FoldedRenderer(nn.Module):
    """Volume, source and target motion -> picture, with the weights of an autoencoder, copied.

    Args:
        autoencoder: the published weights.
        dtype: of the decoder's products, torch.float32 or torch.bfloat16; the warp stays in float32.

    Raises:
        ValueError: another dtype. float16 overflows in the SPADE decoder.
    """

    flow_weight: Tensor
    flow_bias: Tensor

    def __init__(self, autoencoder: Autoencoder, dtype: torch.dtype = torch.float32) -> None:
        super().__init__()
        if dtype not in (torch.float32, torch.bfloat16):
            raise ValueError(
                f"the renderer runs in float32 or bfloat16, not in {dtype}: float16 overflows in its decoder"
            )
        with torch.no_grad():
            weight, bias = autoencoder.flow_estimator.affine()
            basis = autoencoder.flow_estimator.direction.basis()
            self.register_buffer("flow_weight", (basis.double() @ weight.double()).float())
            self.register_buffer("flow_bias", (basis.double() @ bias.double()).float())
            self.warp = FoldedWarp(autoencoder.face_generator)
            self.decoder = FoldedDecoder(autoencoder.face_generator, dtype)
        self.requires_grad_(False)

    def forward(self, volume: Tensor, source: Tensor, target: Tensor) -> Tensor:
        """Volume (B, 32, 16, 64, 64), motions (B, 512) -> picture (B, 3, 512, 512), float32, -1 to 1."""
        code = source + torch.nn.functional.linear(target, self.flow_weight, self.flow_bias)
        with float32_convolutions():
            return self.decoder(self.warp(code, volume))
