"""The autoregressive network folded: the same numbers as `networks/autoregressive.py` at about half the arithmetic.

What is folded, and why it is exact:
- The anchor's attention has one key, so it is a vector per block and session, added to the audio term.
- The audio term of a block is linear in the features of both parties, so one product per party and frame serves all
  blocks, and is kept while the frame is in the window.
- Before the first audio term the branches are equal, so the first block's rotary attention runs once.
- After the last block's rotary attention only the newest token is read, so only that is computed.
- A branch whose guidance coefficient is 0 is not computed.
"""

import torch
from torch import Tensor, nn

from dystream_ros.models.guidance import Guidance
from dystream_ros.models.released.fast.dense import Dense, FastMlp, Norm, attend
from dystream_ros.models.released.networks.autoregressive import Block, rotary_angles, sinusoidal_positions
from dystream_ros.models.released.networks.containers import modules_of
from dystream_ros.models.released.networks.generator import MotionGenerator


def turned(x: Tensor, turns: Tensor) -> Tensor:
    """`rotate` as one complex product, a tenth of its time: x (..., T, width) by turns (T, width / 2)."""
    pairs = torch.view_as_complex(x.unflatten(-1, (-1, 2)))
    return torch.view_as_real(pairs * turns).flatten(-2)


class FoldedBlock(nn.Module):
    """A block of the network without the terms that audio and anchor add to it."""

    def __init__(self, block: Block, dtype: torch.dtype) -> None:
        super().__init__()
        rotary, plain = block.self_attn_rope.self_attn, block.self_attn_pos.self_attn
        width = rotary.out_proj.in_features
        self.heads = rotary.heads
        self.norm1, self.norm3, self.norm4 = Norm(block.norm1), Norm(block.norm3), Norm(block.norm4)
        self.rotary_qk = Dense(rotary.in_proj_weight[: 2 * width], rotary.in_proj_bias[: 2 * width], dtype)
        self.rotary_v = Dense(rotary.in_proj_weight[2 * width :], rotary.in_proj_bias[2 * width :], dtype)
        self.rotary_out = Dense.of(rotary.out_proj, dtype)
        self.plain_q = Dense(plain.in_proj_weight[:width], plain.in_proj_bias[:width], dtype)
        self.plain_kv = Dense(plain.in_proj_weight[width:], plain.in_proj_bias[width:], dtype)
        self.plain_out = Dense.of(plain.out_proj, dtype)
        self.mlp = FastMlp(block.mlp.fc1, block.mlp.fc2, dtype)

    def rotary_attention(self, x: Tensor, turns: Tensor) -> Tensor:
        """(..., T, width) -> the output of the block's first attention, to be added to x."""
        h = self.norm1(x)
        q, k = self.rotary_qk(turned(h, turns)).chunk(2, -1)
        return self.rotary_out(attend(q, k, self.rotary_v(h), self.heads, causal=True))

    def rest(self, x: Tensor, positions: Tensor, newest_only: bool) -> Tensor:
        """Second attention and MLP of x (R, T, width) -> (R, T, width), or (R, 1, width) for the newest token only."""
        h = self.norm3(x) + positions
        if newest_only:
            x, queries = x[:, -1:], self.plain_q(h[:, -1:])
        else:
            queries = self.plain_q(h)
        k, v = self.plain_kv(h).chunk(2, -1)
        x = x + self.plain_out(attend(queries, k, v, self.heads, causal=not newest_only))
        return x + self.mlp(self.norm4(x))


class FoldedNetwork(nn.Module):
    """Window of motion and audio terms -> the network's output of every branch."""

    turns: Tensor  # (window, width / 2), complex
    positions: Tensor  # (window, width)
    audio_constant: Tensor  # (blocks, width)
    anchor_constant: Tensor  # (blocks, width)
    given_self: Tensor  # (branches, 1) of 0 or 1, as the next two
    given_other: Tensor
    given_anchor: Tensor

    def __init__(self, generator: MotionGenerator, guidance: Guidance, dtype: torch.dtype) -> None:
        super().__init__()
        config = generator.config
        self.window = config.history
        self.face_embed = Dense.of(generator.face_embed, torch.float32)
        self.blocks = nn.ModuleList(FoldedBlock(block, dtype) for block in modules_of(generator.blocks, Block))
        self.output_norm = Norm(generator.output_norm)
        self.output_proj = Dense.of(generator.output_proj, torch.float32)
        self.register_buffer("turns", torch.complex(*rotary_angles(self.window, config.width)))
        self.register_buffer("positions", sinusoidal_positions(self.window, config.width))
        self._fold_audio(generator, guidance)
        self._fold_anchor(generator)

    def _fold_audio(self, generator: MotionGenerator, guidance: Guidance) -> None:
        """Features of a party -> its part of the audio term of every block, as one product."""
        crosses = [block.cross_linear_audio for block in modules_of(generator.blocks, Block)]
        cross = torch.stack([layer.weight.detach().double() for layer in crosses])
        fusion = generator.audio_audioother_fusion
        fuse_self, fuse_other = fusion.weight.detach().double().chunk(2, 1)

        def term(projection: nn.Linear, fuse: Tensor) -> Dense:
            through = cross @ fuse  # (blocks, width, width)
            weight = (through @ projection.weight.detach().double()).flatten(0, 1)
            return Dense(weight, (through @ projection.bias.detach().double()).flatten(), torch.float32)

        self.self_term = term(generator.audio_proj, fuse_self)
        self.other_term = term(generator.audio_other_proj, fuse_other)
        constant = cross @ fusion.bias.detach().double()
        constant = constant + torch.stack([layer.bias.detach().double() for layer in crosses])
        self.register_buffer("audio_constant", constant.float())
        for name, given in zip(("given_self", "given_other", "given_anchor"), guidance.switches().unbind(1)):
            self.register_buffer(name, given[:, None])

    def _fold_anchor(self, generator: MotionGenerator) -> None:
        """Anchor -> output of its attention in every block, as one product; a branch without it keeps the biases."""
        weights, biases = [], []
        for block in modules_of(generator.blocks, Block):
            attention = block.cross_attn_anchor.cross_attn
            value = attention.in_proj_weight.detach().double().chunk(3)[2]
            out = attention.out_proj.weight.detach().double()
            weights.append(out @ value)
            bias = attention.in_proj_bias.detach().double().chunk(3)[2]
            biases.append(out @ bias + attention.out_proj.bias.detach().double())
        weight, embed = torch.cat(weights), generator.anchor_embed
        self.anchor_term = Dense(
            weight @ embed.weight.detach().double(), weight @ embed.bias.detach().double(), torch.float32
        )
        self.register_buffer("anchor_constant", torch.stack(biases).float())

    def constant(self, anchor: Tensor) -> Tensor:
        """Anchor (B, motion) -> the part of every term that is constant in a session, (B, blocks, branches, width)."""
        terms = self.anchor_term(anchor).unflatten(-1, (len(self.blocks), -1))  # (B, blocks, width)
        rest = self.audio_constant + self.anchor_constant
        return terms[:, :, None] * self.given_anchor + rest[:, None]

    def audio_terms(self, self_features: Tensor, other_features: Tensor, constant: Tensor) -> Tensor:
        """Features (B, T, encoder width) of each party -> terms of the tokens (B, blocks, branches, T, width)."""
        blocks = len(self.blocks)
        own, other = (
            layer(features).unflatten(-1, (blocks, -1)).transpose(1, 2)[:, :, None]
            for layer, features in ((self.self_term, self_features), (self.other_term, other_features))
        )
        return own * self.given_self[:, None] + other * self.given_other[:, None] + constant[:, :, :, None]

    def forward(self, embedded: Tensor, terms: Tensor) -> Tensor:
        """Embedded motion (B, T, width) and terms (B, blocks, branches, T, width) -> outputs (B, branches, motion)."""
        batch, branches = embedded.shape[0], terms.shape[2]
        blocks = modules_of(self.blocks, FoldedBlock)
        first = embedded + blocks[0].rotary_attention(embedded, self.turns)
        x = (first[:, None] + terms[:, 0]).flatten(0, 1)  # (B * branches, T, width)
        for index, block in enumerate(blocks):
            if index:
                x = x + block.rotary_attention(x, self.turns) + terms[:, index].reshape(x.shape)
            x = block.rest(x, self.positions, newest_only=index == len(blocks) - 1)
        return self.output_proj(self.output_norm(x[:, -1])).unflatten(0, (batch, branches))
