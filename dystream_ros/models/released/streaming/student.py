"""A causal student of the published encoder: it hears the lookahead and no more, and never computes a feature twice.

The teacher's weights begin it: the same convolutions, the past half of the positional convolution, the same layers with
a causal band for attention. No position is absolute, so keys and values are cached exactly. What cutting the future
costs, the lookahead module and training (`distillation.py`) give back.
"""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dystream_ros.models.released.networks.configuration import FEATURE_HOP
from dystream_ros.models.released.networks.wav2vec2 import EncoderLayer, Wav2Vec2Encoder
from dystream_ros.models.released.streaming.front_end import FrontEndState, StreamingFrontEnd
from dystream_ros.models.released.streaming.speech_statistics import TrackingConfig
from dystream_ros.models.released.streaming.window_encoder import lookahead_units


class StudentState(NamedTuple):
    """What a stream leaves behind.

    Attributes:
        front_end: of the convolutions.
        projected: (B, position taps - 1, width), the newest projected features.
        cache: (B, layers, 2, span - 1, width), the newest keys and values of each layer.
        hidden: (B, lookahead features + 2, width), the newest outputs of the last layer.
    """

    front_end: FrontEndState
    projected: Tensor
    cache: Tensor
    hidden: Tensor


class StudentEncoder(nn.Module):
    """A party's stream -> one feature a frame.

    Args:
        teacher: whose weights begin it, copied.
        lookahead: samples after a frame's end that may be heard, a multiple of 320.
        span: features of 20 ms that each layer's attention sees.
        tracking: of the first normalisation.
    """

    def __init__(
        self,
        teacher: Wav2Vec2Encoder,
        lookahead: int = 960,
        span: int = 192,
        tracking: TrackingConfig | None = None,
    ) -> None:
        super().__init__()
        config = teacher.config
        self.ahead, self.span, self.width = lookahead_units(lookahead), span, config.width
        self.front_end = StreamingFrontEnd(teacher, tracking or TrackingConfig(), torch.float32)
        taps = config.position_kernel // 2 + 1  # the published kernel's past half and the present
        self.position = nn.Conv1d(config.width, config.width, taps, groups=config.position_groups)
        self.position_norm = nn.LayerNorm(config.width)
        self.layers = nn.ModuleList(EncoderLayer(config) for _ in range(config.layers))
        # A feature is settled by what is heard after it: zero weights beyond the present begin as no change.
        self.ahead_of_feature = max(0, self.ahead - 1)
        self.lookahead_module = nn.Conv1d(config.width, config.width, self.ahead_of_feature + 1)
        nn.init.zeros_(self.lookahead_module.weight)
        nn.init.zeros_(self.lookahead_module.bias)
        with torch.no_grad():
            self.position.weight.copy_(teacher.encoder.pos_conv_embed.conv.weight[:, :, :taps])
            self.position.bias.copy_(teacher.encoder.pos_conv_embed.conv.bias)
        self.position_norm.load_state_dict(teacher.encoder.layer_norm.state_dict())
        self.layers.load_state_dict(teacher.encoder.layers.state_dict())

    def initial(self, batch: int) -> StudentState:
        """State after endless silence: all tokens are equal, so one computed alone stands for all of them."""
        zeros = self.position_norm.weight.new_zeros
        features, front_end = self.front_end(self.front_end.initial(batch), zeros(batch, FEATURE_HOP * 8), zeros(batch))
        taps = self.position.kernel_size[0]
        projected = features[:, -1:].expand(-1, taps, -1)
        x = self._positioned(projected)
        cache = []
        for layer in self.layers:
            pair = torch.stack((layer.attention.k_proj(x), layer.attention.v_proj(x)), 1)
            cache.append(pair.expand(-1, -1, self.span - 1, -1))
            x = layer(x)
        return StudentState(front_end, projected[:, 1:], torch.stack(cache, 1), x.expand(-1, self.ahead + 2, -1))

    def _positioned(self, known: Tensor) -> Tensor:
        """(B, taps - 1 + u, width) -> (B, u, width) of the newest, with their positions."""
        position = F.gelu(self.position(known.transpose(1, 2))).transpose(1, 2)
        return self.position_norm(known[:, self.position.kernel_size[0] - 1 :] + position)

    def absorb(self, state: StudentState, features: Tensor, front_end: FrontEndState) -> tuple[Tensor, StudentState]:
        """Outputs (B, u, width) of the last layer for the next features (B, u, width), and the state after them.

        Training calls it with a whole clip, a stream with two features: it is the same computation.
        """
        known = torch.cat((state.projected, features), 1)
        x = self._positioned(known)
        new = x.shape[1]
        distance = torch.arange(self.span - 1, self.span - 1 + new, device=x.device)[:, None] - torch.arange(
            self.span - 1 + new, device=x.device
        )
        seen = (distance >= 0) & (distance < self.span)
        cache = []
        for index, layer in enumerate(self.layers):
            pair = torch.stack((layer.attention.k_proj(x), layer.attention.v_proj(x)), 1)
            pair = torch.cat((state.cache[:, index], pair), 2)
            cache.append(pair[:, :, new:])
            x = layer.after_attention(x, layer.attention.attend(x, *pair.unbind(1), seen))
        hidden = torch.cat((state.hidden, x), 1)[:, -(self.ahead + 2) :]
        return x, StudentState(front_end, known[:, new:], torch.stack(cache, 1), hidden)

    def settled(self, hidden: Tensor) -> Tensor:
        """Outputs of the last layer (B, T, width) -> features (B, T - lookahead features, width) that heard theirs."""
        ahead = self.lookahead_module(hidden.transpose(1, 2)).transpose(1, 2)
        return hidden[:, : ahead.shape[1]] + ahead

    def advance(self, state: StudentState, samples: Tensor, voiced: Tensor) -> StudentState:
        """Hear the next samples (B, 320 u) of the party; `voiced` (B,) is 1 where it speaks in them."""
        features, front_end = self.front_end(state.front_end, samples, voiced)
        return self.absorb(state, features, front_end)[1]

    def read(self, state: StudentState) -> Tensor:
        """Feature (B, width) of the frame whose end lies `lookahead` before the newest sample."""
        frame = state.hidden[:, -(self.ahead + 1) :]
        return self.settled(frame)[:, :2].mean(1)
