"""Autoregressive transformer over motion frames with a sliding window and an exact key-value cache."""

import math
from typing import NamedTuple

import torch
from torch import nn
from torch.nn import functional as F


class TransformerState(NamedTuple):
    """Key-value cache.

    Attributes:
        keys, values: per block (B, heads, P, width / heads) of the last P frames, newest last; P is window - 1, or 0
            for a clip that starts with its first frame.
        age: (B,) number of those slots that were written since the reset.
    """

    keys: tuple[torch.Tensor, ...]
    values: tuple[torch.Tensor, ...]
    age: torch.Tensor


class Attention(nn.Module):
    """Causal self-attention over the last `window` frames, with one learned bias per head and distance.

    Only distances between frames enter, so cached keys stay valid while the window slides, and precision does not fall
    with the number of frames. Biases are initialised with the slopes of ALiBi (Press et al. 2022).
    """

    def __init__(self, width: int, heads: int, window: int) -> None:
        super().__init__()
        self.heads, self.window = heads, window
        self.qkv = nn.Linear(width, 3 * width)
        self.project = nn.Linear(width, width)
        slopes = torch.tensor([2.0 ** (-8.0 * (head + 1) / heads) for head in range(heads)])
        self.distance_bias = nn.Parameter(-slopes[:, None] * torch.arange(window))  # (heads, window), by distance

    def forward(
        self, x: torch.Tensor, past_keys: torch.Tensor, past_values: torch.Tensor, hidden: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """(B, T, width); pasts (B, heads, P, d); hidden (B, 1, T, P + T), true where attention is masked."""
        batch, frames, width = x.shape
        q, k, v = self.qkv(x).view(batch, frames, 3, self.heads, -1).permute(2, 0, 3, 1, 4)  # (B, heads, T, d) each
        keys = torch.cat([past_keys, k], dim=2)
        values = torch.cat([past_values, v], dim=2)
        scores = q @ keys.transpose(2, 3) / math.sqrt(q.shape[3]) + self._bias(frames, past_keys.shape[2])
        weights = scores.masked_fill(hidden, -math.inf).softmax(dim=3)
        x = self.project((weights @ values).transpose(1, 2).reshape(batch, frames, width))
        return x, keys[:, :, frames:], values[:, :, frames:]

    def _bias(self, frames: int, past: int) -> torch.Tensor:
        """(heads, T, P + T) by distance; distances outside the window are clamped, since `hidden` masks them."""
        if frames == 1:
            return self.distance_bias[:, : past + 1].flip(1).unsqueeze(1)
        return self.distance_bias[:, distances(frames, past).clamp(0, self.window - 1)]


class Block(nn.Module):
    """Pre-norm transformer block."""

    def __init__(self, width: int, heads: int, window: int) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(width)
        self.attention = Attention(width, heads, window)
        self.norm2 = nn.LayerNorm(width)
        self.expand = nn.Linear(width, 3 * width)
        self.contract = nn.Linear(3 * width, width)

    def forward(
        self, x: torch.Tensor, past_keys: torch.Tensor, past_values: torch.Tensor, hidden: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """(B, T, width) -> (B, T, width) and the new past keys and values."""
        attended, keys, values = self.attention(self.norm1(x), past_keys, past_values, hidden)
        x = x + attended
        return x + self.contract(F.gelu(self.expand(self.norm2(x)))), keys, values


class Transformer(nn.Module):
    """A stack of blocks; one forward for a clip of any length and for the next frame of a stream."""

    def __init__(self, width: int, blocks: int, heads: int, window: int) -> None:
        super().__init__()
        self.window = window
        self.heads = heads
        self.width = width
        self.blocks = nn.ModuleList(Block(width, heads, window) for _ in range(blocks))
        self.norm = nn.LayerNorm(width)

    def initial_state(self, batch: int, past: int | None = None) -> TransformerState:
        """State before the first frame; with `past` 0, for one whole clip and no stream after it."""
        slots = self.window - 1 if past is None else past
        empty = torch.zeros(batch, self.heads, slots, self.width // self.heads)
        pasts = (empty,) * len(self.blocks)  # shared: a step makes new tensors and never writes into these
        return TransformerState(pasts, pasts, torch.zeros(batch, dtype=torch.long))

    def forward(self, x: torch.Tensor, state: TransformerState) -> tuple[torch.Tensor, TransformerState]:
        """Tokens (B, T, width) -> (B, T, width)."""
        frames, past = x.shape[1], state.keys[0].shape[2]
        distance = distances(frames, past).to(x.device)  # (T, P + T)
        unreachable = (distance < 0) | (distance >= self.window)
        slot = torch.arange(past + frames, device=x.device)
        unwritten = slot < (past - state.age)[:, None]  # (B, P + T)
        hidden = (unreachable | unwritten[:, None, :]).unsqueeze(1)  # (B, 1, T, P + T)
        keys, values = [], []
        for index, block in enumerate(self.blocks):
            x, block_keys, block_values = block(x, state.keys[index], state.values[index], hidden)
            keys.append(block_keys)
            values.append(block_values)
        age = torch.clamp(state.age + frames, max=past)
        return self.norm(x), TransformerState(tuple(keys), tuple(values), age)


def distances(frames: int, past: int) -> torch.Tensor:
    """(T, P + T): distance in frames from each key to each later query; negative for a key in the future."""
    return torch.arange(past, past + frames)[:, None] - torch.arange(past + frames)[None, :]
