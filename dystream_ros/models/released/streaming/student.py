"""A causal student of the published encoder: it depends on the lookahead only, and computes each feature once.

It starts from the teacher's weights: the same convolutions, the past half of the positional convolution, and the same
layers with a causal band of attention. Positions are relative, so cached keys and values are exact. The lookahead
module and distillation make up for the missing future.
"""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dystream_ros.models.released.networks.configuration import FEATURE_HOP
from dystream_ros.models.released.networks.containers import modules_of
from dystream_ros.models.released.networks.wav2vec2 import EncoderLayer, Wav2Vec2Encoder
from dystream_ros.models.released.streaming.front_end import FrontEndState, StreamingFrontEnd
from dystream_ros.models.released.streaming.party_encoder import PartyEncoder, lookahead_units
from dystream_ros.models.released.streaming.speech_statistics import TrackingConfig


class StudentState(NamedTuple):
    """State of a party's stream.

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


class StudentEncoder(PartyEncoder[StudentState]):
    """A party's stream -> one feature per frame.

    Args:
        teacher: the published encoder; its weights are copied.
        lookahead: samples after a frame's end that its feature depends on, a multiple of 320.
        span: features of 20 ms that each layer attends to.
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
        # Adds the information of later features to a feature. Its weights are zero, without effect, before training.
        self.ahead_of_feature = max(0, self.ahead - 1)
        self.lookahead_module = nn.Conv1d(config.width, config.width, self.ahead_of_feature + 1)
        for parameter in self.lookahead_module.parameters():
            nn.init.zeros_(parameter)
        published = teacher.encoder.pos_conv_embed.conv.state_dict()
        self.position.load_state_dict(published | {"weight": published["weight"][:, :, :taps]})
        self.position_norm.load_state_dict(teacher.encoder.layer_norm.state_dict())
        self.layers.load_state_dict(teacher.encoder.layers.state_dict())

    def initial(self, batch: int) -> StudentState:
        """State after endless silence: all tokens are equal, so one is computed and repeated."""
        zeros = self.position_norm.weight.new_zeros
        features, front_end = self.front_end(self.front_end.initial(batch), zeros(batch, FEATURE_HOP * 8), zeros(batch))
        taps = self.position.kernel_size[0]
        projected = features[:, -1:].expand(-1, taps, -1)
        x = self._positioned(projected)
        cache = []
        for layer in modules_of(self.layers, EncoderLayer):
            pair = torch.stack((layer.attention.k_proj(x), layer.attention.v_proj(x)), 1)
            cache.append(pair.expand(-1, -1, self.span - 1, -1))
            x = layer(x)
        return StudentState(front_end, projected[:, 1:], torch.stack(cache, 1), x.expand(-1, self.ahead + 2, -1))

    def _positioned(self, known: Tensor) -> Tensor:
        """Features (B, taps - 1 + u, width) -> the newest with their positions, (B, u, width)."""
        position = F.gelu(self.position(known.transpose(1, 2))).transpose(1, 2)
        return self.position_norm(known[:, self.position.kernel_size[0] - 1 :] + position)

    def absorb(self, state: StudentState, features: Tensor, front_end: FrontEndState) -> tuple[Tensor, StudentState]:
        """Outputs (B, u, width) of the last layer for the next features (B, u, width), and the state after them.

        Training calls it with a whole clip, a stream with two features; the computation is the same.
        """
        known = torch.cat((state.projected, features), 1)
        x = self._positioned(known)
        new = x.shape[1]
        distance = torch.arange(self.span - 1, self.span - 1 + new, device=x.device)[:, None] - torch.arange(
            self.span - 1 + new, device=x.device
        )
        attended = (distance >= 0) & (distance < self.span)
        cache = []
        for index, layer in enumerate(modules_of(self.layers, EncoderLayer)):
            pair = torch.stack((layer.attention.k_proj(x), layer.attention.v_proj(x)), 1)
            pair = torch.cat((state.cache[:, index], pair), 2)
            cache.append(pair[:, :, new:])
            x = layer.after_attention(x, layer.attention.attend(x, pair[:, 0], pair[:, 1], attended))
        hidden = torch.cat((state.hidden, x), 1)[:, -(self.ahead + 2) :]
        return x, StudentState(front_end, known[:, new:], torch.stack(cache, 1), hidden)

    def settled(self, hidden: Tensor) -> Tensor:
        """Last layer's outputs (B, T, width) -> features with their lookahead (B, T - lookahead features, width)."""
        ahead = self.lookahead_module(hidden.transpose(1, 2)).transpose(1, 2)
        return hidden[:, : ahead.shape[1]] + ahead

    def advance(self, state: StudentState, samples: Tensor, voiced: Tensor) -> StudentState:
        """State after the next samples (B, 320 u); `voiced` (B,) is 1 where the party speaks in them, else 0."""
        features, front_end = self.front_end(state.front_end, samples, voiced)
        return self.absorb(state, features, front_end)[1]

    def read(self, state: StudentState) -> Tensor:
        """Feature (B, width) of the frame whose end lies `lookahead` before the newest sample."""
        frame = state.hidden[:, -(self.ahead + 1) :]
        return self.settled(frame)[:, :2].mean(1)
