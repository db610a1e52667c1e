"""The published two-sided encoder over a bounded window of a stream that ends at the lookahead."""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dystream_ros.models.released.fast.dense import Dense, FastMlp, Norm, attend
from dystream_ros.models.released.networks.configuration import FEATURE_HOP
from dystream_ros.models.released.networks.containers import modules_of
from dystream_ros.models.released.networks.wav2vec2 import EncoderLayer, Wav2Vec2Encoder
from dystream_ros.models.released.streaming.front_end import FrontEndState, StreamingFrontEnd
from dystream_ros.models.released.streaming.party_encoder import PartyEncoder, lookahead_units
from dystream_ros.models.released.streaming.speech_statistics import TrackingConfig


class FoldedEncoderLayer(nn.Module):
    """A transformer layer of the encoder; keys and values are one product."""

    def __init__(self, layer: EncoderLayer, dtype: torch.dtype) -> None:
        super().__init__()
        attention = layer.attention
        self.heads = attention.heads
        self.q = Dense.of(attention.q_proj, dtype)
        pair = (attention.k_proj, attention.v_proj)
        self.kv = Dense(torch.cat([p.weight for p in pair]), torch.cat([p.bias for p in pair]), dtype)
        self.out = Dense.of(attention.out_proj, dtype)
        self.norm, self.final_norm = Norm(layer.layer_norm), Norm(layer.final_layer_norm)
        feed = layer.feed_forward
        self.mlp = FastMlp(feed.intermediate_dense, feed.output_dense, dtype)

    def forward(self, x: Tensor, newest: int | None = None) -> Tensor:
        """(B, T, width) -> (B, T or newest, width), float32."""
        kept = x if newest is None else x[:, -newest:]
        k, v = self.kv(x).chunk(2, -1)
        y = self.norm(kept + self.out(attend(self.q(kept), k, v, self.heads, causal=False)))
        return self.final_norm(y + self.mlp(y))


class WindowState(NamedTuple):
    """State of a party's stream.

    Attributes:
        front_end: of the convolutions.
        projected: (B, position kernel, width), the newest features before the positional convolution.
        embedded: (B, window, width), the window's features after it.
    """

    front_end: FrontEndState
    projected: Tensor
    embedded: Tensor


class WindowEncoder(PartyEncoder[WindowState]):
    """A party's stream -> one feature per frame, from a window of features that ends at the lookahead.

    The convolutions process each sample once. The positional convolution is computed again only where the window's new
    end changes it, and reads the true past before the window. The last layer runs for the newest features only.

    Args:
        encoder: the published weights, copied.
        lookahead: samples after a frame's end that its feature depends on, a multiple of 320.
        window: features (20 ms each) that the transformer attends to.
        tracking: of the first normalisation.
        dtype: of the products.

    Raises:
        ValueError: a window that is too short for the lookahead.
    """

    position_weight: Tensor
    position_bias: Tensor

    def __init__(
        self,
        encoder: Wav2Vec2Encoder,
        lookahead: int = 960,
        window: int = 192,
        tracking: TrackingConfig | None = None,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        super().__init__()
        self.ahead = lookahead_units(lookahead)
        if window < self.ahead + 2:
            raise ValueError(f"the window has {window} features; lookahead {lookahead} needs {self.ahead + 2} or more")
        self.window = window
        self.front_end = StreamingFrontEnd(encoder, tracking or TrackingConfig(), dtype)
        position = encoder.encoder.pos_conv_embed.conv
        assert position.bias is not None
        self.groups, self.kernel = position.groups, position.kernel_size[0]
        self.register_buffer("position_weight", position.weight.detach().to(dtype))
        self.register_buffer("position_bias", position.bias.detach().to(dtype))
        self.position_norm = Norm(encoder.encoder.layer_norm)
        layers = modules_of(encoder.encoder.layers, EncoderLayer)
        self.layers = nn.ModuleList(FoldedEncoderLayer(layer, dtype) for layer in layers)
        self.requires_grad_(False)

    def initial(self, batch: int) -> WindowState:
        """State after endless silence."""
        width = self.position_weight.shape[0]
        front_end = self.front_end.initial(batch)
        zeros = self.position_norm.weight.new_zeros
        quiet, voiced = zeros(batch, FEATURE_HOP * 8), zeros(batch)
        features, front_end = self.front_end(front_end, quiet, voiced)
        state = WindowState(front_end, zeros(batch, self.kernel, width), zeros(batch, self.window, width))
        silence = features[:, -1:].expand(-1, self.window + 2 * self.kernel, -1)
        return self._absorb(state, silence, front_end)

    def advance(self, state: WindowState, samples: Tensor, voiced: Tensor) -> WindowState:
        """State after the next samples (B, 320 u); `voiced` (B,) is 1 where the party speaks in them, else 0."""
        features, front_end = self.front_end(state.front_end, samples, voiced)
        return self._absorb(state, features, front_end)

    def _absorb(self, state: WindowState, features: Tensor, front_end: FrontEndState) -> WindowState:
        new, half, reach = features.shape[1], self.kernel // 2, (self.kernel - 1) // 2
        known = torch.cat((state.projected, features), 1)
        changed = min(self.window, new + reach)
        reached = F.pad(known[:, -(changed + half) :].transpose(1, 2), (0, reach))
        position = F.conv1d(
            reached.to(self.position_weight.dtype), self.position_weight, self.position_bias, groups=self.groups
        )
        fresh = known[:, -changed:] + F.gelu(position.float()).transpose(1, 2)
        kept = state.embedded[:, new:][:, : self.window - changed]
        return WindowState(front_end, known[:, new:], torch.cat((kept, self.position_norm(fresh)), 1))

    def read(self, state: WindowState) -> Tensor:
        """Feature (B, width) of the frame whose end lies `lookahead` before the newest sample.

        It is the mean of the frame's two features. The published interpolation moves from the first to the second over
        an utterance; the mean is the middle of that.
        """
        newest = self.ahead + 1
        x = state.embedded
        for layer in self.layers[:-1]:
            x = layer(x)
        x = self.layers[-1](x, newest)
        return x[:, :2].mean(1)
