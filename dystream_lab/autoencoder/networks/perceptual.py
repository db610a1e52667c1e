"""Perceptual loss: features of VGG19 (Simonyan and Zisserman 2015), whose weights the user provides.

The weights are not part of this project. The file is a safetensors file with the names that torchvision uses,
`features.0.weight`, `features.0.bias`, `features.2.weight`, ...
"""

from pathlib import Path

import torch.nn.functional as F
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

# Place of the first convolution of each of VGG19's five groups; the loss compares the features behind its ReLU.
_COMPARED = (0, 5, 10, 19, 28)
_CONVOLUTIONS = (0, 2, 5, 7, 10, 12, 14, 16, 19, 21, 23, 25, 28)
_POOLED_BEFORE = (5, 10, 19, 28)
_SCALES = 4  # the picture, and its halves, quarters and eighths, as in FOMM (Siarohin et al. 2019)
_LEAST = 32  # pixels; smaller pictures are not compared
_MEAN, _DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of ImageNet, RGB


class PerceptualLoss(nn.Module):
    """Mean absolute difference of features at several scales, summed over layers and averaged over scales."""

    mean: Tensor
    deviation: Tensor

    def __init__(self, path: Path) -> None:
        """Raises ValueError if the file does not hold VGG19's features."""
        super().__init__()
        try:
            weights = load_file(str(path))
            layers = {}
            for place in _CONVOLUTIONS:
                weight, bias = weights[f"features.{place}.weight"], weights[f"features.{place}.bias"]
                layers[str(place)] = nn.Conv2d(weight.shape[1], weight.shape[0], 3, padding=1)
                layers[str(place)].load_state_dict({"weight": weight, "bias": bias})
        except (SafetensorError, OSError, KeyError, RuntimeError) as error:
            raise ValueError(
                f"{path} does not hold VGG19 ({error}); give a safetensors file with torchvision's names, "
                "features.0.weight to features.28.bias"
            ) from error
        self.layers = nn.ModuleDict(layers)
        for name, values in (("mean", _MEAN), ("deviation", _DEVIATION)):
            self.register_buffer(name, self.layers["0"].weight.new_tensor(values)[:, None, None])
        self.requires_grad_(False)

    def _features(self, image: Tensor) -> list[Tensor]:
        x, found = ((image + 1) / 2 - self.mean) / self.deviation, []
        for place in _CONVOLUTIONS:
            if place in _POOLED_BEFORE:
                x = F.max_pool2d(x, 2)
            x = F.relu(self.layers[str(place)](x))
            if place in _COMPARED:
                found.append(x)
        return found

    def forward(self, painted: Tensor, true: Tensor) -> Tensor:
        """Pictures (B, 3, H, W) in -1 to 1 each -> the loss, a scalar."""
        losses = []
        for _ in range(_SCALES):
            if painted.shape[-1] < _LEAST:
                break
            pairs = zip(self._features(painted), self._features(true.detach()), strict=True)
            losses.append(sum((one - other).abs().mean() for one, other in pairs))
            painted, true = F.avg_pool2d(painted, 2), F.avg_pool2d(true, 2)
        return sum(losses) / len(losses)
