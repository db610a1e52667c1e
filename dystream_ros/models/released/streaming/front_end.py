"""The encoder's convolutions over a stream: they process each sample once.

With a causal normalisation they are local: every 320 samples complete one feature. The state of the first convolution
is the samples that the statistics need, the state of each other one is one input.
"""

from abc import ABC, abstractmethod
from contextlib import AbstractContextManager, nullcontext
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dystream_ros.models.released.fast.dense import Dense, Norm
from dystream_ros.models.released.networks.configuration import FEATURE_HOP
from dystream_ros.models.released.networks.containers import modules_of
from dystream_ros.models.released.networks.wav2vec2 import ConvLayer, Wav2Vec2Encoder
from dystream_ros.models.released.streaming.speech_statistics import (
    SpeechMoments,
    SpeechStatistics,
    TrackingConfig,
    lag_contributions,
)


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


def _without_autocast(device: str) -> AbstractContextManager[object]:
    """A context without autocast: statistics need float32."""
    return torch.autocast(device, enabled=False) if torch.amp.is_autocast_available(device) else nullcontext()


class FrontEndWeights(NamedTuple):
    """Weights of the convolutions.

    Attributes:
        first: (channels, 1, taps) of the first one.
        gain, offset: (channels,), of its normalisation.
        sums, by_lag: see `lag_contributions`.
        kernels: of the others.
    """

    first: Tensor
    gain: Tensor
    offset: Tensor
    sums: Tensor
    by_lag: Tensor
    kernels: tuple[Tensor, ...]


class FrontEnd(nn.Module, ABC):
    """Samples -> projected features, one per 320 samples. `StreamingFrontEnd` and `LiveFrontEnd` have the weights.

    The feature that 320 more samples complete covers the 400 that end 240 before the newest: after 320 u samples the
    newest feature is number u - 2.

    Args:
        encoder: the published encoder.
        tracking: of the statistics that replace those over the whole utterance.

    Raises:
        ValueError: the first convolution is not normalised.
    """

    def __init__(self, encoder: Wav2Vec2Encoder, tracking: TrackingConfig) -> None:
        super().__init__()
        layers = modules_of(encoder.feature_extractor.conv_layers, ConvLayer)
        self.strides = [layer.conv.stride[0] for layer in layers]
        first = layers[0]
        if first.layer_norm is None:
            raise ValueError("the published encoder normalises its first convolution; this one does not")
        self.epsilon = first.layer_norm.eps
        self.tracker = SpeechMoments(first.conv.kernel_size[0], FEATURE_HOP, tracking)

    @abstractmethod
    def weights(self) -> FrontEndWeights:
        """The present weights."""

    @abstractmethod
    def project(self, x: Tensor) -> Tensor:
        """Outputs (B, u, channels) of the last convolution -> features (B, u, width)."""

    def initial(self, batch: int) -> FrontEndState:
        """State before the first sample, after zeros; the convolutions' tails are zero too."""
        weights = self.weights()
        zeros = [weights.first.new_zeros(batch, kernel.shape[1], 1, dtype=kernel.dtype) for kernel in weights.kernels]
        samples = weights.first.new_zeros(batch, self.tracker.taps - 1)
        return FrontEndState(samples, self.tracker.initial(batch, samples), tuple(zeros))

    def forward(self, state: FrontEndState, samples: Tensor, voiced: Tensor) -> tuple[Tensor, FrontEndState]:
        """Next features (B, u, width), float32, and the state after them.

        Args:
            samples: (B, 320 u), the next ones.
            voiced: (B,) or (B, u), 1 where the party speaks in them.
        """
        weights, context = self.weights(), state.samples.shape[1]
        known = torch.cat((state.samples, samples), 1)
        with _without_autocast(known.device.type):
            x, moments = self._normalised(weights, known, state.moments, voiced)
        tails = []
        for kernel, stride, tail in zip(weights.kernels, self.strides[1:], state.tails, strict=True):
            x = torch.cat((tail, F.gelu(x).to(kernel.dtype)), 2)
            tails.append(x[:, :, -1:])
            x = F.conv1d(x, kernel, stride=stride)
        features = self.project(F.gelu(x.float()).transpose(1, 2)).float()
        return features, FrontEndState(known[:, -context:], moments, tuple(tails))

    def _normalised(
        self, weights: FrontEndWeights, known: Tensor, moments: Tensor, voiced: Tensor
    ) -> tuple[Tensor, Tensor]:
        """First convolution of (B, taps - 1 + 320 u) samples, each unit normalised by the statistics after it."""
        unit, context = FEATURE_HOP, self.tracker.taps - 1
        units = (known.shape[1] - context) // unit
        speaks = voiced if voiced.ndim == 2 else voiced[:, None].expand(-1, units)
        after = self.tracker.track(moments, known, speaks)
        means, variances = self.tracker.channels(after, weights.sums, weights.by_lag)
        mean, variance = (part.transpose(1, 2)[..., None] for part in (means, variances))  # (B, channels, units, 1)
        stride = self.strides[0]
        y = F.conv1d(known[:, None, context - (self.tracker.taps - stride) :], weights.first, stride=stride)
        y = y.unflatten(2, (units, -1))  # (B, channels, units, outputs of a unit)
        scale = weights.gain[:, None, None] * torch.rsqrt(variance + self.epsilon)
        return ((y - mean) * scale + weights.offset[:, None, None]).flatten(2), after[:, -1]


class StreamingFrontEnd(FrontEnd):
    """The front end for inference: its weights are copies.

    Args:
        encoder: the published encoder; its convolutions and projection are copied.
        tracking: of the statistics that replace those over the whole utterance.
        dtype: of the products.
    """

    first: Tensor  # (channels, 1, taps)
    gain: Tensor  # (channels,), of the normalisation, as the offset
    offset: Tensor

    def __init__(self, encoder: Wav2Vec2Encoder, tracking: TrackingConfig, dtype: torch.dtype) -> None:
        super().__init__(encoder, tracking)
        layers = modules_of(encoder.feature_extractor.conv_layers, ConvLayer)
        first = layers[0]
        assert first.layer_norm is not None  # checked above
        self.statistics = SpeechStatistics(first.conv.weight, FEATURE_HOP, tracking)
        self.register_buffer("first", first.conv.weight.detach().float().clone())
        self.register_buffer("gain", first.layer_norm.weight.detach().float().clone())
        self.register_buffer("offset", first.layer_norm.bias.detach().float().clone())
        for index, layer in enumerate(layers[1:]):
            self.register_buffer(f"kernel_{index}", layer.conv.weight.detach().to(dtype))
        self.norm = Norm(encoder.feature_projection.layer_norm)
        self.projection = Dense.of(encoder.feature_projection.projection, dtype)

    def weights(self) -> FrontEndWeights:
        """The copies."""
        kernels = tuple(self.get_buffer(f"kernel_{index}") for index in range(len(self.strides) - 1))
        statistics = self.statistics
        return FrontEndWeights(self.first, self.gain, self.offset, statistics.sums, statistics.by_lag, kernels)

    def project(self, x: Tensor) -> Tensor:
        """Outputs (B, u, channels) of the last convolution -> features (B, u, width)."""
        return self.projection(self.norm(x))


class LiveFrontEnd(FrontEnd):
    """The front end on the weights of an encoder itself: gradients pass, and training changes it.

    Args:
        encoder: the published encoder, kept.
        tracking: of the statistics that replace those over the whole utterance.
    """

    def __init__(self, encoder: Wav2Vec2Encoder, tracking: TrackingConfig) -> None:
        super().__init__(encoder, tracking)
        self.extractor, self.projection = encoder.feature_extractor, encoder.feature_projection

    def weights(self) -> FrontEndWeights:
        """Those of the encoder."""
        first, *others = modules_of(self.extractor.conv_layers, ConvLayer)
        norm, kernel = first.layer_norm, first.conv.weight
        assert norm is not None  # checked when made
        kernels = tuple(layer.conv.weight for layer in others)
        return FrontEndWeights(kernel, norm.weight, norm.bias, *lag_contributions(kernel), kernels)

    def project(self, x: Tensor) -> Tensor:
        """Outputs (B, u, channels) of the last convolution -> features (B, u, width)."""
        return self.projection(x)
