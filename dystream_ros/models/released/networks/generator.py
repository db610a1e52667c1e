"""The published motion generator as one module; `streaming/offline.py` has its loop over a whole conversation."""

import torch
from torch import Tensor, nn

from dystream_ros.models.guidance import BRANCHES
from dystream_ros.models.released.networks.autoregressive import Block, TimeEmbedding
from dystream_ros.models.released.networks.configuration import GeneratorConfig
from dystream_ros.models.released.networks.flow_head import FlowHead
from dystream_ros.models.released.networks.wav2vec2 import Wav2Vec2Encoder, encode_utterance, to_frame_rate


class MotionGenerator(nn.Module):
    """Stage 2. Names of the modules are those of the published state dict."""

    def __init__(self, config: GeneratorConfig | None = None) -> None:
        super().__init__()
        self.config = config = config or GeneratorConfig()
        width = config.width
        self.audio_encoder_face = Wav2Vec2Encoder(config.encoder)
        self.audio_encoder_face_other = Wav2Vec2Encoder(config.encoder)
        self.audio_proj = nn.Linear(config.encoder.width, width)
        self.audio_other_proj = nn.Linear(config.encoder.width, width)
        self.audio_audioother_fusion = nn.Linear(2 * width, width)
        self.face_embed = nn.Linear(config.motion, width)
        self.anchor_embed = nn.Linear(config.motion, width)
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.blocks))
        self.output_norm = nn.LayerNorm(width)
        self.output_proj = nn.Linear(width, config.motion)
        self.time_embed = TimeEmbedding(width)
        self.diffusion_head = FlowHead(config)

    def fuse(self, self_features: Tensor, other_features: Tensor, branch: str) -> Tensor:
        """Features at 25 Hz (B, T, encoder width) of each party -> fused audio (B, T, width) for `branch`."""
        given_self, given_other, _ = BRANCHES[branch]
        return self.fuse_given(self_features, other_features, given_self, given_other)

    def fuse_given(
        self, self_features: Tensor, other_features: Tensor, given_self: Tensor | float, given_other: Tensor | float
    ) -> Tensor:
        """As `fuse`; each party is multiplied by 1 (given) or 0, a number or one for each token (B, T, 1)."""
        parts = (self.audio_proj(self_features) * given_self, self.audio_other_proj(other_features) * given_other)
        return self.audio_audioother_fusion(torch.cat(parts, -1))

    def embed_anchor(self, anchor: Tensor, branch: str) -> Tensor:
        """Anchor (B, motion) -> the embedding (B, 1, width) that `branch` receives."""
        return self.anchor_embed(anchor)[:, None] * BRANCHES[branch][2]

    def predict(self, motion: Tensor, audio: Tensor, anchor: Tensor) -> Tensor:
        """The network's output for the frame after the window.

        Args:
            motion: (B, T, motion), frames 0 to T - 1 of the window.
            audio: (B, T, width), fused audio of frames 1 to T.
            anchor: (B, 1, width), embedded.

        Returns:
            (B, motion).
        """
        return self.output_proj(self.output_norm(self.tokens(motion, audio, anchor)[:, -1]))

    def outputs(self, motion: Tensor, audio: Tensor, anchor: Tensor) -> Tensor:
        """As `predict`, for the frame after every token: (B, T, motion). Training uses all of them."""
        return self.output_proj(self.output_norm(self.tokens(motion, audio, anchor)))

    def tokens(self, motion: Tensor, audio: Tensor, anchor: Tensor) -> Tensor:
        """Tokens (B, T, width) after the last block; arguments as of `predict`."""
        x = self.face_embed(motion)
        for block in self.blocks:
            x = block(x, audio, anchor)
        return x

    def encode(self, self_audio: Tensor, other_audio: Tensor) -> tuple[Tensor, Tensor]:
        """Two-sided features at 25 Hz, (B, T, encoder width), of whole utterances (B, 640 T)."""
        return (
            to_frame_rate(encode_utterance(self.audio_encoder_face, self_audio)),
            to_frame_rate(encode_utterance(self.audio_encoder_face_other, other_audio)),
        )
