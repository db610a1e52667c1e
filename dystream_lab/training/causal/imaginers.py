"""What an encoder can imagine of the sound that has not come: the last sound, the mean, or a sample."""

import torch
from torch import nn
from torch.nn import functional as F

from dystream_ros.models.compact.flow_head import FlowHead
from dystream_ros.models.flow import multistep_sample, noise_level, sampling_angles

_WIDTH = 128
_BLOCKS = 2
_STEPS = 2  # of the sampler, as in the shipped model


class Held(nn.Module):
    """The last feature frame, repeated."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.count = count

    def forward(self, context: torch.Tensor, last: torch.Tensor) -> torch.Tensor:
        """As `Imaginer`."""
        return last.unsqueeze(2).expand(-1, -1, self.count, -1)

    def loss(self, context: torch.Tensor, last: torch.Tensor, future: torch.Tensor) -> torch.Tensor:
        """As `Imaginer`: nothing is learned."""
        return last.new_zeros(())


class _Changes(nn.Module):
    """Log-mels as changes from the last ones, in the usual change of each lead."""

    usual: torch.Tensor

    def __init__(self, count: int, inputs: int) -> None:
        super().__init__()
        self.count, self.inputs = count, inputs
        self.register_buffer("usual", torch.ones(count, 1))

    def fit(self, mels: torch.Tensor) -> None:
        """Measures the usual change on log-mels (B, n, inputs)."""
        for lead in range(self.count):
            self.usual[lead] = (mels[:, lead + 1 :] - mels[:, : -lead - 1]).std()

    def changes(self, last: torch.Tensor, future: torch.Tensor) -> torch.Tensor:
        """(B, T, count inputs) of log-mels `future` (B, T, count, inputs) after `last` (B, T, inputs)."""
        return ((future - last.unsqueeze(2)) / self.usual).flatten(2)

    def applied(self, last: torch.Tensor, changes: torch.Tensor) -> torch.Tensor:
        """The inverse of `changes`."""
        return last.unsqueeze(2) + changes.unflatten(2, (self.count, self.inputs)) * self.usual


class MeanOfMels(_Changes):
    """The mean of the sound to come, by two layers with the squared error as loss."""

    def __init__(self, count: int, inputs: int, context: int) -> None:
        super().__init__(count, inputs)
        self.read = nn.Sequential(
            nn.Linear(context + inputs, 2 * _WIDTH), nn.GELU(), nn.Linear(2 * _WIDTH, count * inputs)
        )

    def forward(self, context: torch.Tensor, last: torch.Tensor) -> torch.Tensor:
        """As `Imaginer`."""
        return self.applied(last, self.read(torch.cat([context, last], dim=2)))

    def loss(self, context: torch.Tensor, last: torch.Tensor, future: torch.Tensor) -> torch.Tensor:
        """As `Imaginer`: the squared error in usual changes."""
        return F.mse_loss(self.read(torch.cat([context, last], dim=2)), self.changes(last, future))


class FlowSampler(nn.Module):
    """A small flow-matching head for any vector; it is sampled as the motion of the shipped model is."""

    def __init__(self, size: int, condition: int) -> None:
        super().__init__()
        self.size = size
        self.head = FlowHead(size, condition, _WIDTH, _BLOCKS)

    def forward(self, condition: torch.Tensor) -> torch.Tensor:
        """A sample (..., size) for each condition (..., condition)."""
        angles = sampling_angles(_STEPS)
        by_condition = self.head.condition_modulations(condition)
        levels = torch.tensor([noise_level(angle) for angle in angles[:-1]])
        by_time = [self.head.time_modulations(level) for level in levels]

        def estimate(noisy: torch.Tensor, index: int) -> torch.Tensor:
            return self.head(noisy, by_time[index], by_condition)

        return multistep_sample(estimate, torch.randn(*condition.shape[:-1], self.size), angles)

    def loss(self, condition: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        """Squared error () of the estimate of targets (B, T, size) by conditions (B, T, condition)."""
        # Half of the noise levels are those of the sampler, half uniform, as in the loss of the shipped model.
        own = torch.tensor([noise_level(angle) for angle in sampling_angles(_STEPS)[:-1]])
        rows = len(target)
        level = torch.where(torch.rand(rows, 1) < 0.5, own[torch.randint(_STEPS, (rows, 1))], torch.rand(rows, 1))
        noisy = (1 - level[..., None]) * target + level[..., None] * torch.randn_like(target)
        by_condition = self.head.condition_modulations(condition)
        return F.mse_loss(self.head(noisy, self.head.time_modulations(level), by_condition), target)


class SampleOfMels(_Changes):
    """A sample of the sound to come."""

    def __init__(self, count: int, inputs: int, context: int) -> None:
        super().__init__(count, inputs)
        self.sampler = FlowSampler(count * inputs, context + inputs)

    @torch.no_grad()
    def forward(self, context: torch.Tensor, last: torch.Tensor) -> torch.Tensor:
        """As `Imaginer`."""
        return self.applied(last, self.sampler(torch.cat([context, last], dim=2)))

    def loss(self, context: torch.Tensor, last: torch.Tensor, future: torch.Tensor) -> torch.Tensor:
        """As `Imaginer`: the squared error of the flow's estimate."""
        return self.sampler.loss(torch.cat([context, last], dim=2), self.changes(last, future))
