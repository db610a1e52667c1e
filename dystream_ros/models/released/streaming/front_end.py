"""The encoder's convolutions over a stream: they process each sample once.

With a causal normalisation they are local: every 320 samples complete one feature. The state of the first convolution
is the samples that the statistics need, the state of each other one is one input.
"""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dystream_ros.models.released.fast.dense import Dense, Norm
from dystream_ros.models.released.networks.configuration import FEATURE_HOP
from dystream_ros.models.released.networks.containers import modules_of
from dystream_ros.models.released.networks.wav2vec2 import ConvLayer, Wav2Vec2Encoder
from dystream_ros.models.released.streaming.speech_statistics import SpeechStatistics, TrackingConfig


class FrontEndState(NamedTuple):
    """State of the convolutions over a party's stream.

    Attributes:
        samples: (B, taps - 1), the newest ones.
        moments: (B, 2 + taps), of the party's speech.
        tails: newest input of every convolution after the first, (B, channels, 1) each.
    """

    samples: Tensor
    moments: Tensor
    tails: tuple[Tensor, ...]


class StreamingFrontEnd(nn.Module):
    """Samples -> projected features, one per 320 samples.

    The feature that 320 more samples complete covers the 400 that end 240 before the newest: after 320 u samples the
    newest feature is number u - 2.

    Args:
        encoder: the published encoder; its convolutions and projection are copied.
        tracking: of the statistics that replace those over the whole utterance.
        dtype: of the products.
    """

    first: Tensor  # (channels, 1, taps)
    gain: Tensor  # (channels,), of the normalisation, as the offset
    offset: Tensor

    def __init__(self, encoder: Wav2Vec2Encoder, tracking: TrackingConfig, dtype: torch.dtype) -> None:
        super().__init__()
        layers = modules_of(encoder.feature_extractor.conv_layers, ConvLayer)
        self.strides = [layer.conv.stride[0] for layer in layers]
        first = layers[0]
        if first.layer_norm is None:
            raise ValueError("the published encoder normalises its first convolution; this one does not")
        self.statistics = SpeechStatistics(first.conv.weight, FEATURE_HOP, tracking)
        self.register_buffer("first", first.conv.weight.detach().float().clone())
        self.register_buffer("gain", first.layer_norm.weight.detach().float().clone())
        self.register_buffer("offset", first.layer_norm.bias.detach().float().clone())
        self.epsilon = first.layer_norm.eps
        for index, layer in enumerate(layers[1:]):
            self.register_buffer(f"kernel_{index}", layer.conv.weight.detach().to(dtype))
        self.norm = Norm(encoder.feature_projection.layer_norm)
        self.projection = Dense.of(encoder.feature_projection.projection, dtype)

    @property
    def _kernels(self) -> list[Tensor]:
        return [self.get_buffer(f"kernel_{index}") for index in range(len(self.strides) - 1)]

    def initial(self, batch: int) -> FrontEndState:
        """State before the first sample, after zeros; the convolutions' tails are zero too."""
        zeros = [self.first.new_zeros(batch, kernel.shape[1], 1, dtype=kernel.dtype) for kernel in self._kernels]
        samples = self.first.new_zeros(batch, self.statistics.taps - 1)
        return FrontEndState(samples, self.statistics.initial(batch), tuple(zeros))

    def forward(self, state: FrontEndState, samples: Tensor, voiced: Tensor) -> tuple[Tensor, FrontEndState]:
        """Next features (B, u, width), float32, and the state after them.

        Args:
            samples: (B, 320 u), the next ones.
            voiced: (B,), 1 where the party speaks in them.
        """
        context = state.samples.shape[1]
        known = torch.cat((state.samples, samples), 1)
        x, moments = self._normalised(known, state.moments, voiced)
        tails = []
        for kernel, stride, tail in zip(self._kernels, self.strides[1:], state.tails, strict=True):
            x = torch.cat((tail, F.gelu(x).to(kernel.dtype)), 2)
            tails.append(x[:, :, -1:])
            x = F.conv1d(x, kernel, stride=stride)
        features = self.projection(self.norm(F.gelu(x.float()).transpose(1, 2))).float()
        return features, FrontEndState(known[:, -context:], moments, tuple(tails))

    def _normalised(self, known: Tensor, moments: Tensor, voiced: Tensor) -> tuple[Tensor, Tensor]:
        """First convolution of (B, taps - 1 + 320 u) samples, each unit normalised by the statistics after it."""
        unit, context = FEATURE_HOP, self.statistics.taps - 1
        units = (known.shape[1] - context) // unit
        means, variances = [], []
        for index in range(units):
            moments = self.statistics.update(moments, known[:, index * unit : index * unit + context + unit], voiced)
            mean, variance = self.statistics.channels(moments)
            means.append(mean)
            variances.append(variance)
        stride = self.strides[0]
        y = F.conv1d(known[:, None, context - (self.statistics.taps - stride) :], self.first, stride=stride)
        y = y.unflatten(2, (units, -1))  # (B, channels, units, outputs of a unit)
        mean, variance = torch.stack(means, 2)[..., None], torch.stack(variances, 2)[..., None]
        scale = self.gain[:, None, None] * torch.rsqrt(variance + self.epsilon)
        return ((y - mean) * scale + self.offset[:, None, None]).flatten(2), moments
