"""The state of a training run and one step of it."""

from pathlib import Path

import numpy as np
import torch
from torch import nn

from dystream_lab.corpus.dataset import ConversationDataset
from dystream_lab.speech.phones import PHONES
from dystream_lab.training.batches import AnyBatch, Batch, EncoderBatch
from dystream_lab.training.config import TrainingConfig
from dystream_lab.training.corruption import Corruption
from dystream_lab.training.objective import Objective
from dystream_lab.training.optimisation import averaged, backward, learning_rate, optimisers
from dystream_lab.training.precision import bfloat16_pays
from dystream_lab.training.processes import Processes
from dystream_ros.models.compact import weights
from dystream_ros.models.compact.config import CompactConfig
from dystream_ros.models.compact.model import CompactModel

_SCALE_CLIPS = 400  # clips that the scales of motion are estimated from


class Trainer:
    """Model, moving average, objective, optimisers and the number of steps done.

    Attributes:
        model: the model that is trained.
        average: moving average of its weights; `average.module` is the model that is saved.
        objective: the loss.
        optimisers: over the parameters of model and objective.
        step: steps done.
    """

    def __init__(
        self,
        dataset: ConversationDataset,
        config: TrainingConfig,
        model_config: CompactConfig,
        corruption: Corruption | None = None,
        processes: Processes | None = None,
    ) -> None:
        torch.manual_seed(config.seed)
        self.config = config
        self.processes = processes = processes or Processes()
        self.model = CompactModel(model_config)
        self.model.space.fit(_motion_sample(dataset, config))
        self.objective = Objective(self.model, len(PHONES), corruption)
        for module in (self.model, self.objective):
            module.to(processes.device)
        self.average = averaged(self.model, config.average)
        self.optimisers = optimisers(config.rate, self.model, self.objective)
        self.step = 0
        self._bfloat16 = config.bfloat16 and bfloat16_pays(processes.device)
        self._loss = processes.parallel(_Loss(self.model, self.objective))

    @property
    def sizes(self) -> CompactConfig:
        """Sizes of the model."""
        return self.model.config

    @property
    def modules(self) -> dict[str, nn.Module]:
        """What a checkpoint keeps."""
        return {"model": self.model, "objective": self.objective, "average": self.average.module}

    def begin_with(self, path: Path) -> None:
        """Begins with the weights in a file instead of random ones.

        Raises:
            ModelError: they do not fit.
        """
        weights.begin_with(self.model, path)
        self.average.module.load_state_dict(self.model.state_dict())

    def descend(self, batch: AnyBatch) -> dict[str, float]:
        """One step of the optimisers; returns the losses by name.

        Raises:
            RuntimeError: the loss or its gradients are not finite.
        """
        rate = learning_rate(self.config, self.step)
        for optimiser in self.optimisers:
            optimiser.zero_grad()
            for group in optimiser.param_groups:
                group["lr"] = rate
        # Seeded by the step, so that a resumed run draws the same noise as an uninterrupted one.
        torch.manual_seed(self.config.seed * 1_000_003 + self.step * self.processes.count + self.processes.rank)
        device = self.processes.device
        batch = batch.to(device)
        with device, torch.autocast(device.type, torch.bfloat16, enabled=self._bfloat16):
            losses = self._loss(batch)
        backward(losses["total"], self.model.parameters(), self.step)
        for optimiser in self.optimisers:
            optimiser.step()
        self.step += 1
        self.average.update_parameters(self.model)
        return {name: float(value.detach()) for name, value in losses.items()}

    @torch.no_grad()
    def validate(self, batch: Batch) -> dict[str, float]:
        """Losses of the averaged model on a batch by name, always with the same noise, in float32."""
        torch.manual_seed(self.config.seed)
        with self.processes.device:
            losses = self.objective(self.average.module, batch.to(self.processes.device))
        return {name: float(value) for name, value in losses.items()}


class _Loss(nn.Module):
    """The losses of a batch of either kind: one forward pass for `DistributedDataParallel`."""

    def __init__(self, model: CompactModel, objective: Objective) -> None:
        super().__init__()
        self.model, self.objective = model, objective

    def forward(self, batch: AnyBatch) -> dict[str, torch.Tensor]:
        if isinstance(batch, EncoderBatch):
            return self.objective.encoder(self.model, batch)
        return self.objective(self.model, batch)


def _motion_sample(dataset: ConversationDataset, config: TrainingConfig) -> torch.Tensor:
    """Motion (clips, T, 58) of random clips of the corpus, for the scales of its values."""
    rng = np.random.default_rng(config.seed)
    clips = [dataset.clip(rng, config.frames, lookahead=0).motion for _ in range(_SCALE_CLIPS)]
    return torch.from_numpy(np.stack(clips))
