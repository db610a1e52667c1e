"""The published warping decoder: motion code and volume of features -> picture. Names follow the state dict."""

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dystream_ros.models.released.networks.appearance_encoder import NormedConv
from dystream_ros.models.released.networks.autoencoder_configuration import CODE_SIDE, AutoencoderConfig
from dystream_ros.models.released.networks.containers import modules_of
from dystream_ros.models.released.networks.spade import SpadeBlock
from dystream_ros.models.released.networks.warping import WarpBlock, warp_volume


class FaceGenerator(nn.Module):
    """Motion code and volume -> picture: a warp of the volume, then a SPADE decoder."""

    def __init__(self, config: AutoencoderConfig | None = None) -> None:
        super().__init__()
        self.config = config = config or AutoencoderConfig()
        width, flat, condition = config.warp[0], config.channels * config.depth, config.condition
        self.extend_layer = nn.Linear(config.motion, width * CODE_SIDE**2, bias=False)
        self.conv1 = nn.Conv2d(width, width * CODE_SIDE, 1, bias=False)
        for index, pair in enumerate(pairwise(config.warp), start=1):
            self.add_module(f"resblock{index}", WarpBlock(*pair, width))
        self.gn = nn.GroupNorm(1, config.warp[-1])
        self.conv2 = nn.Conv3d(config.warp[-1], 3, 3, padding=1, bias=False)
        self.occlusion = nn.Conv2d(flat, 1, 7, padding=3)
        self.projection = nn.ModuleDict({"1": NormedConv(flat, condition), "2": nn.Conv2d(condition, condition, 1)})
        first = config.decoder[0]
        self.fc = nn.Conv2d(condition, first, 3, padding=1)
        for index in range(config.middle_blocks):
            self.add_module(f"G_middle_{index}", SpadeBlock(first, first, condition, config.hidden))
        for index, pair in enumerate(pairwise(config.decoder)):
            self.add_module(f"up_{index}", SpadeBlock(*pair, condition, config.hidden))
        self.conv_img = nn.Sequential(nn.Conv2d(config.decoder[-1], 12, 3, padding=1))

    @property
    def warp_blocks(self) -> list[WarpBlock]:
        """The warp's blocks in order."""
        names = (f"resblock{index}" for index in range(1, len(self.config.warp)))
        return modules_of(map(self.get_submodule, names), WarpBlock)

    @property
    def middle_blocks(self) -> list[SpadeBlock]:
        """The decoder's blocks before the picture grows, in order."""
        names = (f"G_middle_{index}" for index in range(self.config.middle_blocks))
        return modules_of(map(self.get_submodule, names), SpadeBlock)

    @property
    def up_blocks(self) -> list[SpadeBlock]:
        """The decoder's blocks that follow a doubling of the picture, in order."""
        names = (f"up_{index}" for index in range(len(self.config.decoder) - 1))
        return modules_of(map(self.get_submodule, names), SpadeBlock)

    def deltas(self, code: Tensor) -> Tensor:
        """Code (B, 512) -> offsets of the sampling grid (B, 16, 64, 64, 3), last axis (x, y, z), -1 to 1."""
        z = self.extend_layer(code).unflatten(1, (-1, CODE_SIDE, CODE_SIDE))
        condition = z.flatten(2)  # (B, 512, 16)
        x = self.conv1(z).unflatten(1, (-1, CODE_SIDE))  # depth varies fastest among the channels
        for block, growth in zip(self.warp_blocks, self.config.growth, strict=True):
            x = block(F.interpolate(x, scale_factor=growth, mode="nearest"), condition)
        return torch.tanh(self.conv2(F.relu(self.gn(x)))).permute(0, 2, 3, 4, 1)

    def condition(self, warped: Tensor) -> tuple[Tensor, Tensor]:
        """Warped volume (B, 32, 16, 64, 64) -> decoder's condition (B, 256, 64, 64) and its mask (B, 1, 64, 64)."""
        flat = warped.flatten(1, 2)
        mask = torch.sigmoid(self.occlusion(flat))
        return self.projection["2"](F.leaky_relu(self.projection["1"](flat), 0.01)), mask

    def paint(self, condition: Tensor) -> Tensor:
        """Condition (B, 256, 64, 64) -> picture (B, 3, 512, 512) in -1 to 1."""
        x = self.fc(condition)
        for block in self.middle_blocks:
            x = block(x, condition)
        for block in self.up_blocks:
            x = block(F.interpolate(x, scale_factor=2, mode="nearest"), condition)
        x = self.conv_img(F.leaky_relu(x, 0.2))
        return torch.tanh(F.pixel_shuffle(x, 2))

    def forward(self, code: Tensor, volume: Tensor) -> Tensor:
        """Code (B, 512) and volume (B, 32, 16, 64, 64) -> picture (B, 3, 512, 512) in -1 to 1."""
        condition, mask = self.condition(warp_volume(volume, self.deltas(code)))
        return self.paint(condition * mask)
