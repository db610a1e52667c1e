"""Causal normalisation of the first convolution: statistics of a party's speech, tracked slowly, with a floor.

The published encoder normalises each channel of its first convolution over the whole utterance. That convolution has no
bias, so a channel's mean and variance over time follow from the waveform's mean m and autocorrelation r:
mean = m sum(w), variance = w^T R w with R_ij = r_|i-j|, with as many lags as the kernel has taps. Eleven numbers per
party are therefore tracked. They do not change in silence: statistics of silence would amplify hiss to the level of
speech.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from dystream_ros.audio.resample import MEDIA_RATE

# Autocorrelation of active speech at 16 kHz, lags 0 to 9, as shares of lag 0: mean over 13 minutes of read speech.
SPEECH_AUTOCORRELATION = (1.0, 0.968, 0.932, 0.874, 0.808, 0.737, 0.654, 0.575, 0.491, 0.407)
SPEECH_LEVEL_DBFS = -26.0  # nominal active speech level of ITU-T P.56 measurements, before the first speech
PRIOR_UNITS = 1  # weight of that nominal level, in units of 20 ms of speech


@dataclass(frozen=True)
class TrackingConfig:
    """Settings of the tracking of a voice.

    Attributes:
        time_constant: seconds of speech over which they follow, 0 or more; 0 freezes them at the nominal level.
        floor_dbfs: level of speech below which they do not fall, -90 to 0; limits how much a faint voice is amplified.
    """

    time_constant: float = 5.0
    floor_dbfs: float = -45.0

    def __post_init__(self) -> None:
        if self.time_constant < 0:
            raise ValueError(f"time_constant is {self.time_constant} s; give 0 (frozen) or more")
        if not -90 <= self.floor_dbfs <= 0:
            raise ValueError(f"floor_dbfs is {self.floor_dbfs}; give -90 to 0")


class SpeechMoments:
    """Mean and autocorrelation of a party's speech, tracked over a stream; no weights.

    Args:
        taps: of the first convolution, up to 10.
        unit: samples between two updates.
        tracking: settings.

    Raises:
        ValueError: more taps than known lags.
    """

    def __init__(self, taps: int, unit: int, tracking: TrackingConfig) -> None:
        if taps > len(SPEECH_AUTOCORRELATION):
            raise ValueError(
                f"the first kernel has {taps} taps, more than the {len(SPEECH_AUTOCORRELATION)} known lags"
            )
        self.taps, self.unit = taps, unit
        self.frozen = tracking.time_constant == 0
        self.rate = 1.0 if self.frozen else min(1.0, unit / MEDIA_RATE / tracking.time_constant)
        self.floor = 10 ** (tracking.floor_dbfs / 10)

    def initial(self, batch: int, like: Tensor) -> Tensor:
        """Moments (batch, 2 + taps) of nominal speech: mean, autocorrelation, and the count of speech units so far.

        Args:
            like: gives device and dtype.
        """
        power = 10 ** (SPEECH_LEVEL_DBFS / 10)
        moments = power * torch.tensor((0.0, *SPEECH_AUTOCORRELATION[: self.taps], 0.0))
        return moments.to(like).expand(batch, -1).clone()

    def update(self, moments: Tensor, samples: Tensor, voiced: Tensor) -> Tensor:
        """Moments after one unit.

        Args:
            moments: (B, 2 + taps).
            samples: (B, taps - 1 + unit), the unit after the samples before it.
            voiced: (B,), 1 where the party speaks, else 0; the moments of a silent party do not change.
        """
        return self.track(moments, samples, voiced[:, None])[:, 0]

    def track(self, moments: Tensor, samples: Tensor, voiced: Tensor) -> Tensor:
        """Moments (B, u, 2 + taps) after each of u units.

        Args:
            moments: (B, 2 + taps), before them.
            samples: (B, taps - 1 + u x unit), the units after the samples before them.
            voiced: (B, u), 1 where the party speaks, else 0.
        """
        units = voiced.shape[1]
        if self.frozen:
            return moments[:, None].expand(-1, units, -1)
        # (B, u, taps, unit): each unit, then one sample earlier, ...
        lagged = samples.unfold(1, self.taps - 1 + self.unit, self.unit).unfold(2, self.unit, 1).flip(2)
        correlation = (lagged * lagged[:, :, :1]).mean(-1)
        observed = torch.cat((lagged[:, :, :1].mean(-1), correlation), 2)
        count = moments[:, -1:] + voiced.cumsum(1)
        # At first the mean of all speech so far, so that a voice of another level is reached within a second.
        rate = torch.clamp(1 / (count - voiced + PRIOR_UNITS + 1), min=self.rate) * voiced
        known, after = moments[:, :-1], []
        for target, share in zip(observed.unbind(1), rate[..., None].unbind(1)):
            known = torch.lerp(known, target, share)
            after.append(known)
        return torch.cat((torch.stack(after, 1), count[..., None]), 2)

    def channels(self, moments: Tensor, sums: Tensor, by_lag: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and variance (..., channels) of the first convolution over speech of these moments (..., 2 + taps).

        Args:
            sums, by_lag: of the convolution, see `lag_contributions`.
        """
        mean, correlation = moments[..., :1], moments[..., 1:-1]
        covariance = correlation - mean.square()
        lift = (self.floor / covariance[..., :1].clamp_min(1e-12)).clamp_min(1)
        return mean * sums, ((covariance * lift) @ by_lag.T).clamp_min(0)


def lag_contributions(kernel: Tensor) -> tuple[Tensor, Tensor]:
    """Sum of each channel's taps (channels,), and what each lag adds to its variance (channels, taps).

    Args:
        kernel: weight of the first convolution (channels, 1, taps). Gradients pass.
    """
    weight = kernel.float().flatten(1)
    products = weight[:, :, None] * weight[:, None, :]
    at_lag = [products.diagonal(lag, 1, 2).sum(-1) for lag in range(weight.shape[1])]
    return weight.sum(1), torch.stack([at_lag[0], *(2 * pairs for pairs in at_lag[1:])], 1)


class SpeechStatistics(nn.Module):
    """Moments of a party's speech and the statistics of each channel that follow from them, with constant weights.

    Args:
        kernel: weight of the first convolution (channels, 1, taps), up to 10 taps.
        unit: samples between two updates.
        tracking: settings.
    """

    sums: Tensor
    by_lag: Tensor

    def __init__(self, kernel: Tensor, unit: int, tracking: TrackingConfig) -> None:
        super().__init__()
        self.moments = SpeechMoments(kernel.shape[-1], unit, tracking)
        sums, by_lag = lag_contributions(kernel.detach())
        self.register_buffer("sums", sums)
        self.register_buffer("by_lag", by_lag)

    def initial(self, batch: int) -> Tensor:
        """As `SpeechMoments.initial`."""
        return self.moments.initial(batch, self.sums)

    def update(self, moments: Tensor, samples: Tensor, voiced: Tensor) -> Tensor:
        """As `SpeechMoments.update`."""
        return self.moments.update(moments, samples, voiced)

    def channels(self, moments: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and variance (..., channels) of the first convolution over speech of these moments."""
        return self.moments.channels(moments, self.sums, self.by_lag)
