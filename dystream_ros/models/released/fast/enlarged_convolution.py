"""A 3 x 3 convolution of a nearest-enlarged map, computed at the map's own size.

Within an enlarged cell the three taps of an axis fall on one or two cells, which gives three kinds of phase (first,
inner, last) for a scale of 4, and two for a scale of 2. Taps per cell of the small map:

| scale | of the enlarged map | here |
|---|---|---|
| 2 | 36 | 16 |
| 4 | 144 | 25 |
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def phase_kernels(weight: Tensor, axis: int, scale: int) -> list[tuple[Tensor, tuple[int, int]]]:
    """Kernel and padding (before, after) of each kind of phase of an axis: first, inner (scale 4 only), last."""
    before, middle, after = weight.unbind(axis)
    first = torch.stack((before, middle + after), axis), (1, 0)
    last = torch.stack((before + middle, after), axis), (0, 1)
    if scale == 2:
        return [first, last]
    return [first, (torch.stack((before + middle + after,), axis), (0, 0)), last]


class EnlargedConvolution(nn.Module):
    """ReLU of the convolution of the enlarged map.

    Args:
        weight: (outputs, inputs, 3, 3).
        bias: (outputs,).
        scale: 2 or 4.
        dtype: of the products.
    """

    bias: Tensor

    def __init__(self, weight: Tensor, bias: Tensor, scale: int, dtype: torch.dtype) -> None:
        super().__init__()
        if scale not in (2, 4):
            raise ValueError(f"got an enlargement of {scale}; 2 and 4 are supported")
        self.scale = scale
        self.register_buffer("bias", bias.detach().to(dtype))
        self.paddings: list[tuple[int, int, int, int]] = []
        for vertical, (top, bottom) in phase_kernels(weight.detach().double(), 2, scale):
            for kernel, (left, right) in phase_kernels(vertical, 3, scale):
                self.register_buffer(
                    f"kernel_{len(self.paddings)}", kernel.to(dtype).contiguous(memory_format=torch.channels_last)
                )
                self.paddings.append((left, right, top, bottom))

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, H, W) -> (B, outputs, scale H, scale W), channels last."""
        batch, _, height, width = x.shape
        kinds = 2 if self.scale == 2 else 3
        # Channels last; the place within a cell has axes of its own.
        enlarged = x.new_empty(batch, height, self.scale, width, self.scale, len(self.bias))
        for index, padding in enumerate(self.paddings):
            y = F.relu(F.conv2d(F.pad(x, padding), self.get_buffer(f"kernel_{index}"), self.bias))
            rows, columns = (_places(kind, kinds) for kind in divmod(index, kinds))
            enlarged[:, :, rows, :, columns] = y.permute(0, 2, 3, 1)[:, :, None, :, None]
        return enlarged.view(batch, height * self.scale, width * self.scale, -1).permute(0, 3, 1, 2)


def _places(kind: int, kinds: int) -> slice:
    """Places within a cell that a kind of phase fills: of four, the inner kind fills two."""
    if kinds == 2:
        return slice(kind, kind + 1)
    return (slice(0, 1), slice(1, 3), slice(3, 4))[kind]
