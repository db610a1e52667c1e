"""The published audio encoder made causal, with the lookahead in its attention mask (DyStream, section 4.6).

The weights are those of the published encoder, used in place: training and streaming run this same forward. Two things
differ from the two-sided encoder. The positional convolution reads its past half and the present. The mask of the first
transformer layer admits the features of the lookahead, those of the other layers the past only; a lookahead in every
layer would add up. Keys and values are computed once, so a stream costs the same at every frame.
"""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from dystream_ros.models.released.networks.configuration import FEATURE_HOP
from dystream_ros.models.released.networks.containers import modules_of
from dystream_ros.models.released.networks.wav2vec2 import EncoderLayer, Wav2Vec2Encoder
from dystream_ros.models.released.streaming.front_end import FrontEndState, LiveFrontEnd
from dystream_ros.models.released.streaming.party_encoder import PartyEncoder, lookahead_units
from dystream_ros.models.released.streaming.speech_statistics import TrackingConfig
from dystream_ros.models.state import map_state


class CausalState(NamedTuple):
    """State of a party's stream.

    Attributes:
        front_end: of the convolutions.
        projected: (B, position taps - 1, width), the newest projected features.
        waiting: (B, admitted, width), inputs of the first layer whose lookahead is not complete.
        cache: (B, layers, 2, span - 1 + admitted, width), the newest keys and values of each layer.
        hidden: (B, features of a frame, width), the newest outputs of the last layer.
    """

    front_end: FrontEndState
    projected: Tensor
    waiting: Tensor
    cache: Tensor
    hidden: Tensor


class CausalEncoder(PartyEncoder[CausalState]):
    """A party's stream -> one feature per frame.

    Args:
        encoder: the published encoder; its weights are used in place, not copied.
        lookahead: samples after a frame's end that its feature depends on, a multiple of 320.
        span: features of 20 ms, the present one included, that each layer attends to besides the lookahead.
        tracking: of the first normalisation.

    Raises:
        ValueError: a lookahead that is not a multiple of 20 ms.
    """

    def __init__(
        self,
        encoder: Wav2Vec2Encoder,
        lookahead: int = 960,
        span: int = 192,
        tracking: TrackingConfig | None = None,
    ) -> None:
        super().__init__()
        self.ahead, self.span = lookahead_units(lookahead), span
        # 400 samples make a feature, so the first 20 ms of a lookahead complete the second feature of the frame.
        self.admitted = max(0, self.ahead - 1)
        self.per_frame = 2 if self.ahead else 1
        self.front_end = LiveFrontEnd(encoder, tracking or TrackingConfig())
        self.transformer = encoder.encoder
        self.taps = encoder.config.position_kernel // 2 + 1

    def initial(self, batch: int) -> CausalState:
        """State after endless silence: all tokens are equal, so one is computed and repeated."""
        zeros = self.transformer.layer_norm.weight.new_zeros
        features, front_end = self.front_end(self.front_end.initial(1), zeros(1, FEATURE_HOP * 8), zeros(1))
        projected = features[:, -1:].expand(-1, self.taps, -1)
        x = token = self._positioned(projected)
        cache = []
        for layer in modules_of(self.transformer.layers, EncoderLayer):
            pair = torch.stack((layer.attention.k_proj(x), layer.attention.v_proj(x)), 1)
            cache.append(pair.expand(-1, -1, self.span - 1 + self.admitted, -1))
            x = layer(x)
        waiting, hidden = token.expand(-1, self.admitted, -1), x.expand(-1, self.per_frame, -1)
        state = CausalState(front_end, projected[:, 1:], waiting, torch.stack(cache, 1), hidden)
        return map_state(lambda tensor: tensor.expand(batch, *tensor.shape[1:]), state)

    def _positioned(self, known: Tensor) -> Tensor:
        """Features (B, taps - 1 + u, width) -> the newest with their positions, (B, u, width)."""
        conv = self.transformer.pos_conv_embed.conv
        position = F.conv1d(known.transpose(1, 2), conv.weight[:, :, : self.taps], conv.bias, groups=conv.groups)
        return self.transformer.layer_norm(known[:, self.taps - 1 :] + F.gelu(position).transpose(1, 2))

    def absorb(self, state: CausalState, features: Tensor, front_end: FrontEndState) -> tuple[Tensor, CausalState]:
        """Outputs (B, u, width) of the last layer after the next features (B, u, width), and the state after them.

        The outputs are `admitted` features behind the inputs.
        """
        known = torch.cat((state.projected, features), 1)
        x = self._positioned(known)
        new, kept = x.shape[1], state.cache.shape[3]
        queued = torch.cat((state.waiting, x), 1)
        cache = []
        for index, layer in enumerate(modules_of(self.transformer.layers, EncoderLayer)):
            ahead = self.admitted if index == 0 else 0
            pair = torch.stack((layer.attention.k_proj(x), layer.attention.v_proj(x)), 1)
            pair = torch.cat((state.cache[:, index].to(pair.dtype), pair), 2)
            cache.append(pair[:, :, new:])
            queries = queued[:, :new] if index == 0 else x
            attended = self._mask(kept - ahead, new, kept + new, ahead, x.device)
            x = layer.after_attention(queries, layer.attention.attend(queries, pair[:, 0], pair[:, 1], attended))
        hidden = torch.cat((state.hidden.to(x.dtype), x), 1)[:, -self.per_frame :]
        return x, CausalState(front_end, known[:, new:], queued[:, new:], torch.stack(cache, 1), hidden)

    def _mask(self, first: int, queries: int, keys: int, ahead: int, device: torch.device) -> Tensor:
        """(queries, keys), True where the query at `first` + i attends: `span` features and those ahead."""
        distance = torch.arange(first, first + queries, device=device)[:, None] - torch.arange(keys, device=device)
        return (distance >= -ahead) & (distance < self.span)

    def advance(self, state: CausalState, samples: Tensor, voiced: Tensor) -> CausalState:
        """State after the next samples (B, 320 u); `voiced` (B,) is 1 where the party speaks in them, else 0."""
        features, front_end = self.front_end(state.front_end, samples, voiced)
        return self.absorb(state, features, front_end)[1]

    def read(self, state: CausalState) -> Tensor:
        """Feature (B, width) of the frame whose end lies `lookahead` before the newest sample: the mean of its own."""
        return state.hidden.mean(1)

    def encode_clip(self, samples: Tensor, voiced: Tensor) -> Tensor:
        """Features (B, T, width) of the frames of clips, as a stream that begins after silence gives them.

        Args:
            samples: (B, 640 T + lookahead).
            voiced: (B, 2 T + lookahead / 320), 1 where the party speaks in a unit of 320 samples.
        """
        begin = self.initial(len(samples))
        features, front_end = self.front_end(begin.front_end, samples, voiced)
        hidden, _ = self.absorb(begin, features, front_end)
        hidden = hidden[:, 1 + self.admitted :]  # the first outputs are those of the silence before
        if self.per_frame == 1:
            return hidden[:, ::2]
        return hidden.unflatten(1, (-1, 2)).mean(2)
