"""Augmentation of log-mels: vocal tract length, timbre, level, contrast, lost bands, and narrow-band lines."""

import torch

from dystream_ros.models.compact.features import mel_centres

_TRACT = 0.10  # largest change of all formants (vocal tract length perturbation, Jaitly and Hinton 2013)
_TIMBRE = 0.10  # standard deviation of each ripple, in features: about 1.3 dB
_RIPPLES = 5  # cosines over the bands
_CONTRAST = 0.15  # largest change of contrast, log: recordings and synthesizers differ
_BLUR_CHANCE = 0.3  # probability of broader resonances, as of other synthesizers
_LEVEL = 0.12  # standard deviation of the level, in features: about 1.5 dB
_LOST_CHANCE = 0.15  # probability of missing bands
_LOST_BANDS = 8  # at most
_DULL_CHANCE = 0.12  # probability of a narrow band, as of telephones
_DULL_FROM = 0.68  # smallest share of the bands that is kept: 3.4 kHz of 7.6
_DULL_DEPTH = (1.0, 5.0)  # in features: 13 to 65 dB


def varied(mels: torch.Tensor, rng: torch.Generator) -> torch.Tensor:
    """Features (B, T, mels) as of another speaker and microphone, different for each clip; phone times do not change.

    Features are those of `LogMel`: natural logarithms of power, divided by 3.
    """
    rows, _, bands = mels.shape
    warped = torch.einsum("btm,bnm->btn", mels, _warp(rows, bands, rng))
    position = torch.linspace(0.0, torch.pi, bands)
    ripples = torch.cos(torch.arange(1, _RIPPLES + 1)[:, None] * position)  # (ripples, mels)
    timbre = (torch.randn(rows, _RIPPLES, generator=rng) * _TIMBRE) @ ripples
    level = torch.randn(rows, 1, generator=rng) * _LEVEL
    sharp = torch.rand(rows, 1, 1, generator=rng) >= _BLUR_CHANCE
    warped = torch.where(sharp, warped, _blurred(warped))
    contrast = torch.exp((2.0 * torch.rand(rows, 1, 1, generator=rng) - 1.0) * _CONTRAST)
    # 0.5 is the value of strong bands of a voice at its usual level.
    changed = (warped - 0.5) * contrast + 0.5 + (timbre + level).unsqueeze(1)
    first = torch.randint(0, bands, (rows, 1), generator=rng)
    width = torch.randint(1, _LOST_BANDS + 1, (rows, 1), generator=rng)
    width = width * (torch.rand(rows, 1, generator=rng) < _LOST_CHANCE)
    band = torch.arange(bands)
    lost = ((band >= first) & (band < first + width)).unsqueeze(1)  # (B, 1, mels)
    changed = torch.where(lost, changed.mean(dim=1, keepdim=True), changed)
    return (changed - _dullness(rows, bands, rng).unsqueeze(1)).clamp(-4.0, 3.0)


def _blurred(mels: torch.Tensor) -> torch.Tensor:
    """Features (B, T, mels) averaged over three bands."""
    padded = torch.cat([mels[..., :1], mels, mels[..., -1:]], dim=2)
    return (padded[..., :-2] + 2.0 * padded[..., 1:-1] + padded[..., 2:]) / 4.0


def _dullness(rows: int, bands: int, rng: torch.Generator) -> torch.Tensor:
    """Attenuation (B, mels) of bands above a random limit, with a slope over three bands."""
    share = _DULL_FROM + (1.0 - _DULL_FROM) * torch.rand(rows, 1, generator=rng)
    least, most = _DULL_DEPTH
    depth = least + (most - least) * torch.rand(rows, 1, generator=rng)
    depth = depth * (torch.rand(rows, 1, generator=rng) < _DULL_CHANCE)
    return depth * ((torch.arange(bands) - share * bands) / 3.0).clamp(0.0, 1.0)


def _warp(rows: int, bands: int, rng: torch.Generator) -> torch.Tensor:
    """Warping matrices (B, mels, mels) along frequency, for vocal tracts of other lengths (linear interpolation)."""
    factor = torch.exp((2.0 * torch.rand(rows, 1, generator=rng) - 1.0) * _TRACT)
    centres = torch.from_numpy(mel_centres(bands))
    wanted = (centres * factor).clamp(centres[0], centres[-1])  # (B, mels) Hz
    above = torch.searchsorted(centres, wanted).clamp(1, bands - 1)
    share = (wanted - centres[above - 1]) / (centres[above] - centres[above - 1])
    weights = torch.zeros(rows, bands, bands)
    weights.scatter_(2, above.unsqueeze(2) - 1, (1.0 - share).unsqueeze(2))
    return weights.scatter_(2, above.unsqueeze(2), share.unsqueeze(2))
