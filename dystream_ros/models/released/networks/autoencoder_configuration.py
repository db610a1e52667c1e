"""Sizes of the autoencoder: the published ones, and the same sizes read back from a state dict."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count, takewhile

from torch import Tensor

CODE_SIDE = 4  # positions of the code's map, 4 x 4, from which the warp's volume grows


@dataclass(frozen=True)
class AutoencoderConfig:
    """Sizes of the autoencoder; the defaults are the published ones.

    Attributes:
        encoder: channels of the motion encoder after block 0, 1, ...; each block but the first halves the picture, to
            4 x 4 at last.
        motion: numbers of a motion code.
        directions: numbers of it that reach the picture.
        appearance: channels of the appearance encoder at full size, doubled by each halving.
        halvings: of the picture, to the volume's height and width.
        channels, depth: of the volume.
        volume_blocks: residual blocks of the volume.
        warp: channels of the warp, before its first block and after each; each block doubles height and width.
        condition: channels of the map that modulates the decoder.
        decoder: channels of the decoder, before it grows and after each doubling but the last.
        hidden: channels of the hidden maps of a modulated norm.
        middle_blocks: blocks of the decoder before it grows.

    Raises:
        ValueError: sizes that do not fit each other; the message says which.
    """

    encoder: tuple[int, ...] = (32, 64, 128, 256, 512, 512, 512, 512)
    motion: int = 512
    directions: int = 64
    appearance: int = 64
    halvings: int = 3
    channels: int = 32
    depth: int = 16
    volume_blocks: int = 6
    warp: tuple[int, ...] = (512, 256, 128, 64, 32)
    condition: int = 256
    decoder: tuple[int, ...] = (512, 256, 64)
    hidden: int = 128
    middle_blocks: int = 6

    def __post_init__(self) -> None:
        if self.image != self.side << self.halvings:
            raise ValueError(
                f"the motion encoder reads pictures of {self.image} pixels, the volume of {self.side} with "
                f"{self.halvings} halvings belongs to {self.side << self.halvings}; they must be equal"
            )
        if self.halvings not in (2, 3):
            raise ValueError(f"the picture is halved 2 or 3 times to the size of the volume, got {self.halvings}")
        if len(self.decoder) != self.halvings or len(set(self.decoder)) != self.halvings:
            raise ValueError(f"{self.halvings} halvings need as many different decoder channels, got {self.decoder}")
        if self.depth != CODE_SIDE << self.deepening or self.deepening > self.growths:
            raise ValueError(f"the depth of the volume is 4, 8, 16, ... up to its side, got {self.depth}")
        if self.directions > self.motion:
            raise ValueError(f"{self.directions} directions do not fit in {self.motion} numbers of motion")

    @property
    def image(self) -> int:
        """Height and width of the pictures, in pixels: 512 as published."""
        return CODE_SIDE << (len(self.encoder) - 1)

    @property
    def growths(self) -> int:
        """Blocks of the warp: 4 as published."""
        return len(self.warp) - 1

    @property
    def side(self) -> int:
        """Height and width of the volume: 64 as published."""
        return CODE_SIDE << self.growths

    @property
    def deepening(self) -> int:
        """Blocks of the warp that double its depth too: 2 as published."""
        return (self.depth // CODE_SIDE).bit_length() - 1

    @property
    def volume(self) -> tuple[int, int, int, int]:
        """Channels, depth, height and width of the volume: (32, 16, 64, 64) as published."""
        return self.channels, self.depth, self.side, self.side

    @property
    def growth(self) -> tuple[tuple[int, int, int], ...]:
        """Growth of depth, height and width before each block of the warp."""
        return tuple((2 if index < self.deepening else 1, 2, 2) for index in range(self.growths))


def autoencoder_config_from_state(state: Mapping[str, Tensor]) -> AutoencoderConfig:
    """Sizes of an autoencoder from the shapes of its state dict.

    Raises:
        KeyError: a key that every such state dict has is missing.
        ValueError: the shapes contradict each other.
    """

    def shapes(pattern: str, first: int = 0) -> list[tuple[int, ...]]:
        keys = (pattern.format(index) for index in count(first))
        return [tuple(state[key].shape) for key in takewhile(state.__contains__, keys)]

    entry = state["motion_encoder.convs.0.0.weight"]
    motion, directions = state["flow_estimator.direction.weight"].shape
    channels = state["face_encoder.resblocks_3d.3dr0.conv1.weight"].shape[0]
    warp = shapes("face_generator.resblock{}.skip_layer.weight", first=1)
    grown = shapes("face_generator.up_{}.conv_s.weight_orig")
    return AutoencoderConfig(
        encoder=(entry.shape[0], *(shape[0] for shape in shapes("motion_encoder.convs.{}.conv2.1.weight", first=1))),
        motion=motion,
        directions=directions,
        appearance=state["face_encoder.first.conv.weight"].shape[0],
        halvings=len(shapes("face_encoder.down_blocks.{}.conv.weight")),
        channels=channels,
        depth=state["face_encoder.second.weight"].shape[0] // channels,
        volume_blocks=len(shapes("face_encoder.resblocks_3d.3dr{}.conv1.weight")),
        warp=(state["face_generator.conv1.weight"].shape[1], *(shape[0] for shape in warp)),
        condition=state["face_generator.projection.2.weight"].shape[0],
        decoder=(state["face_generator.fc.weight"].shape[0], *(shape[0] for shape in grown)),
        hidden=state["face_generator.G_middle_0.norm_0.mlp_gamma.weight"].shape[1],
        middle_blocks=len(shapes("face_generator.G_middle_{}.conv_0.weight_orig")),
    )
