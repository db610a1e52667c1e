"""The published warping decoder: motion code and volume of features -> picture. Names follow the state dict."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dystream_ros.models.released.networks.appearance_encoder import NormedConv
from dystream_ros.models.released.networks.containers import modules_of
from dystream_ros.models.released.networks.spade import SpadeBlock
from dystream_ros.models.released.networks.warping import WarpBlock, warp_volume

MIDDLE_BLOCKS = 6
# Growth of the warp's volume before each block: depth, height, width.
WARP_GROWTH = ((2, 2, 2), (2, 2, 2), (1, 2, 2), (1, 2, 2))


class FaceGenerator(nn.Module):
    """Motion code and volume -> picture: a warp of the volume, then a SPADE decoder of 512 channels."""

    def __init__(self) -> None:
        super().__init__()
        self.extend_layer = nn.Linear(512, 512 * 16, bias=False)
        self.conv1 = nn.Conv2d(512, 512 * 4, 1, bias=False)
        self.resblock1, self.resblock2 = WarpBlock(512, 256), WarpBlock(256, 128)
        self.resblock3, self.resblock4 = WarpBlock(128, 64), WarpBlock(64, 32)
        self.gn = nn.GroupNorm(1, 32)
        self.conv2 = nn.Conv3d(32, 3, 3, padding=1, bias=False)
        self.occlusion = nn.Conv2d(512, 1, 7, padding=3)
        self.projection = nn.ModuleDict({"1": NormedConv(512, 256), "2": nn.Conv2d(256, 256, 1)})
        self.fc = nn.Conv2d(256, 512, 3, padding=1)
        for index in range(MIDDLE_BLOCKS):
            self.add_module(f"G_middle_{index}", SpadeBlock(512, 512, 256))
        self.up_0, self.up_1 = SpadeBlock(512, 256, 256), SpadeBlock(256, 64, 256)
        self.conv_img = nn.Sequential(nn.Conv2d(64, 12, 3, padding=1))

    @property
    def warp_blocks(self) -> tuple[WarpBlock, ...]:
        """The warp's blocks in order."""
        return self.resblock1, self.resblock2, self.resblock3, self.resblock4

    @property
    def middle_blocks(self) -> list[SpadeBlock]:
        """The decoder's blocks before the picture grows, in order."""
        return modules_of((self.get_submodule(f"G_middle_{index}") for index in range(MIDDLE_BLOCKS)), SpadeBlock)

    def deltas(self, code: Tensor) -> Tensor:
        """Code (B, 512) -> offsets of the sampling grid (B, 16, 64, 64, 3), last axis (x, y, z), -1 to 1."""
        z = self.extend_layer(code).unflatten(1, (512, 4, 4))
        condition = z.flatten(2)  # (B, 512, 16)
        x = self.conv1(z).unflatten(1, (512, 4))  # depth varies fastest among the channels
        for block, growth in zip(self.warp_blocks, WARP_GROWTH, strict=True):
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
        x = self.up_0(F.interpolate(x, scale_factor=2, mode="nearest"), condition)
        x = self.up_1(F.interpolate(x, scale_factor=2, mode="nearest"), condition)
        x = self.conv_img(F.leaky_relu(x, 0.2))
        return torch.tanh(F.pixel_shuffle(x, 2))

    def forward(self, code: Tensor, volume: Tensor) -> Tensor:
        """Code (B, 512) and volume (B, 32, 16, 64, 64) -> picture (B, 3, 512, 512) in -1 to 1."""
        condition, mask = self.condition(warp_volume(volume, self.deltas(code)))
        return self.paint(condition * mask)
