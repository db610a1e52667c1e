"""The published schedule of the motion generator without folding: the reference for the folded one.

Per frame it runs five branches through the whole window, with the queries of the one-key attention; each sampler step
runs through the whole head; and the window's audio is encoded again, without use.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from dystream_ros.models.guidance import BRANCHES
from dystream_ros.models.released.networks.autoregressive import AnchorAttention, Block
from dystream_ros.models.released.networks.configuration import HOP
from dystream_ros.models.released.networks.generator import MotionGenerator
from dystream_ros.models.released.networks.sampling import PUBLISHED_GUIDANCE, euler, sigma_schedule
from dystream_ros.models.released.networks.wav2vec2 import encode_utterance, to_frame_rate


def anchor_attention(attention: AnchorAttention, x: Tensor, anchor: Tensor) -> Tensor:
    """The attention to one key with all its queries, (B, T, width)."""
    return attention.cross_attn(F.layer_norm(x, x.shape[-1:]), anchor, anchor, causal=False)


def block_forward(block: Block, x: Tensor, audio: Tensor, anchor: Tensor) -> Tensor:
    """Output (B, T, width) of a block for x and audio (B, T, width) and an anchor (B, 1, width)."""
    x = x + block.self_attn_rope(block.norm1(x))
    x = x + block.cross_linear_audio(audio)
    x = x + anchor_attention(block.cross_attn_anchor, x, anchor)
    x = x + block.self_attn_pos(block.norm3(x))
    return x + block.mlp(block.norm4(x))


class NaiveLoop:
    """Computes the frames of a conversation one by one, from known features.

    Args:
        generator: the weights.
        audio: (samples,) of self and other at 16 kHz, the history's silence included.
        features: (1, history + T, encoder width) of both, at 25 Hz.
        anchor: (motion,).
    """

    def __init__(
        self, generator: MotionGenerator, audio: tuple[Tensor, Tensor], features: tuple[Tensor, Tensor], anchor: Tensor
    ) -> None:
        self.generator, self.audio, self.features = generator, audio, features
        self.anchor = anchor[None]
        self.sigmas = sigma_schedule(5)
        self.motion = self.anchor[:, None].repeat(1, generator.config.history, 1)
        self.frame = 0

    @torch.inference_mode()
    def step(self, noise: Tensor) -> Tensor:
        """Motion (motion,) of the next frame from its noise (motion,)."""
        generator, history = self.generator, self.generator.config.history
        window = slice(HOP * self.frame, HOP * (self.frame + generator.config.window))
        for encoder, audio in zip((generator.audio_encoder_face, generator.audio_encoder_face_other), self.audio):
            to_frame_rate(encode_utterance(encoder, audio[None, window]))
        window_features = [part[:, self.frame + 1 : self.frame + 1 + history] for part in self.features]
        audio = torch.cat([generator.fuse(*window_features, branch) for branch in BRANCHES])
        anchor = torch.cat([generator.embed_anchor(self.anchor, branch) for branch in BRANCHES])
        x = generator.face_embed(self.motion[:, -history:]).expand(len(BRANCHES), -1, -1)
        for block in generator.blocks:
            x = block_forward(block, x, audio, anchor)
        outputs = generator.output_proj(generator.output_norm(x))[:, -1]
        g = PUBLISHED_GUIDANCE

        def clean(noisy: Tensor, step: int) -> Tensor:
            time = generator.time_embed(self.sigmas[step : step + 1]).expand(len(BRANCHES), -1)
            none, by_anchor, by_self, by_other, everything = generator.diffusion_head(
                noisy.expand(len(BRANCHES), -1), time, outputs
            )
            return none + (
                g.self_weight * (by_self - none)
                + g.other_weight * (by_other - none)
                + g.anchor_weight * (by_anchor - none)
                + g.all_weight * (everything - none)
            )

        motion = euler(noise[None], self.sigmas.tolist(), clean)
        self.motion = torch.cat((self.motion, motion[:, None]), 1)
        self.frame += 1
        return motion[0]
