"""The audio encoder of the published model: wav2vec 2.0 without its last layers.

Baevski et al., "wav2vec 2.0" (2020), base configuration. Module names follow the published state dict.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dystream_ros.models.released.networks.configuration import FEATURE_HOP, HOP, EncoderConfig

TAIL = 80  # zero samples after the last frame, so that T frames give exactly 2 T features


class ConvLayer(nn.Module):
    """One strided convolution without bias; the first one is normalised by channel over time."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, normalised: bool) -> None:
        super().__init__()
        self.conv = nn.Conv1d(inputs, outputs, kernel, stride, bias=False)
        self.layer_norm = nn.GroupNorm(outputs, outputs) if normalised else None

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, time) -> (B, outputs, time'), without padding."""
        x = self.conv(x)
        if self.layer_norm is not None:
            x = self.layer_norm(x)
        return F.gelu(x)


class FeatureExtractor(nn.Module):
    """Seven convolutions: 16 kHz waveform to 50 Hz."""

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        inputs = [1] + [config.channels] * (len(config.kernels) - 1)
        self.conv_layers = nn.ModuleList(
            ConvLayer(n, config.channels, kernel, stride, normalised=index == 0)
            for index, (n, kernel, stride) in enumerate(zip(inputs, config.kernels, config.strides, strict=True))
        )

    def forward(self, waveform: Tensor) -> Tensor:
        """(B, samples) -> (B, features, channels)."""
        x = waveform[:, None]
        for layer in self.conv_layers:
            x = layer(x)
        return x.transpose(1, 2)


class FeatureProjection(nn.Module):
    """Channels of the convolutions -> width of the transformer."""

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        self.layer_norm = nn.LayerNorm(config.channels)
        self.projection = nn.Linear(config.channels, config.width)

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, channels) -> (B, T, width)."""
        return self.projection(self.layer_norm(x))


class PositionalConvolution(nn.Module):
    """A grouped convolution over time; its output is the position. The weight norm is folded when weights load."""

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        kernel = config.position_kernel
        self.conv = nn.Conv1d(config.width, config.width, kernel, padding=kernel // 2, groups=config.position_groups)

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, width) -> (B, T, width). Output t reads inputs t - kernel/2 to t + kernel/2 - 1, zeros outside."""
        y = self.conv(x.transpose(1, 2))
        if self.conv.kernel_size[0] % 2 == 0:
            y = y[:, :, :-1]
        return F.gelu(y).transpose(1, 2)


class Attention(nn.Module):
    """Attention over the whole utterance, in both directions."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.k_proj = nn.Linear(width, width)
        self.v_proj = nn.Linear(width, width)
        self.q_proj = nn.Linear(width, width)
        self.out_proj = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, width) -> (B, T, width), every position attends to every other."""
        return self.attend(x, self.k_proj(x), self.v_proj(x))

    def attend(self, queries: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
        """Attention of queries (B, Tq, width) to projected k, v (B, T, width); `mask` (Tq, T) is True where allowed."""
        q, k, v = (part.unflatten(-1, (self.heads, -1)).transpose(1, 2) for part in (self.q_proj(queries), k, v))
        y = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        return self.out_proj(y.transpose(1, 2).flatten(-2))


class FeedForward(nn.Module):
    """Linear, exact GELU, linear."""

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        self.intermediate_dense = nn.Linear(config.width, config.hidden)
        self.output_dense = nn.Linear(config.hidden, config.width)

    def forward(self, x: Tensor) -> Tensor:
        return self.output_dense(F.gelu(self.intermediate_dense(x)))


class EncoderLayer(nn.Module):
    """A transformer layer with the norm after each residual sum."""

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        self.attention = Attention(config.width, config.heads)
        self.layer_norm = nn.LayerNorm(config.width)
        self.feed_forward = FeedForward(config)
        self.final_layer_norm = nn.LayerNorm(config.width)

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, width) -> (B, T, width)."""
        return self.after_attention(x, self.attention(x))

    def after_attention(self, x: Tensor, attended: Tensor) -> Tensor:
        """The rest of the layer, token by token."""
        x = self.layer_norm(x + attended)
        return self.final_layer_norm(x + self.feed_forward(x))


class Transformer(nn.Module):
    """Positional convolution, norm and layers."""

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        self.pos_conv_embed = PositionalConvolution(config)
        self.layer_norm = nn.LayerNorm(config.width)
        self.layers = nn.ModuleList(EncoderLayer(config) for _ in range(config.layers))

    def forward(self, x: Tensor) -> Tensor:
        x = self.layer_norm(x + self.pos_conv_embed(x))
        for layer in self.layers:
            x = layer(x)
        return x


class Wav2Vec2Encoder(nn.Module):
    """The two-sided encoder of one party: every feature depends on the whole utterance."""

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        self.config = config
        self.feature_extractor = FeatureExtractor(config)
        self.feature_projection = FeatureProjection(config)
        self.encoder = Transformer(config)

    def forward(self, waveform: Tensor) -> Tensor:
        """Normalised waveform (B, samples) -> features at 50 Hz (B, T, width)."""
        return self.encoder(self.feature_projection(self.feature_extractor(waveform)))


def normalise_utterance(waveform: Tensor) -> Tensor:
    """Zero mean and unit variance over the whole utterance, (B, samples). It cannot stream."""
    mean = waveform.mean(-1, keepdim=True)
    variance = waveform.var(-1, unbiased=False, keepdim=True)
    return (waveform - mean) / torch.sqrt(variance + 1e-7)


def encode_utterance(encoder: Wav2Vec2Encoder, waveform: Tensor) -> Tensor:
    """Features at 50 Hz of a whole utterance, the published offline way.

    Args:
        waveform: (B, 640 T) at 16 kHz.

    Returns:
        (B, 2 T, width).

    Raises:
        ValueError: the waveform is not a whole number of frames.
    """
    if waveform.shape[-1] % HOP:
        raise ValueError(f"got {waveform.shape[-1]} samples; give a multiple of {HOP} (40 ms at 16 kHz), zero-padded")
    features = encoder(F.pad(normalise_utterance(waveform), (0, TAIL)))
    expected = waveform.shape[-1] // FEATURE_HOP
    if features.shape[1] != expected:
        raise ValueError(
            f"the encoder gave {features.shape[1]} features, expected {expected}: its strides must multiply to 320"
        )
    return features


def to_frame_rate(features: Tensor) -> Tensor:
    """50 Hz (B, 2 T, width) -> 25 Hz (B, T, width): linear interpolation with aligned corners."""
    return F.interpolate(
        features.transpose(1, 2), size=features.shape[1] // 2, mode="linear", align_corners=True
    ).transpose(1, 2)
