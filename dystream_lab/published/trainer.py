"""The state of a training run of the published generator, and one step of it."""

import torch
from torch import nn

from dystream_lab.published.batches import Batch
from dystream_lab.published.config import Preset, PublishedConfig
from dystream_lab.published.initial import random_weights
from dystream_lab.published.objective import PublishedLoss, Readouts, encoder_weights
from dystream_lab.training.optimisation import averaged, backward, learning_rate, optimisers
from dystream_lab.training.precision import bfloat16_pays
from dystream_lab.training.processes import Processes
from dystream_ros.models.released.networks.configuration import GeneratorConfig
from dystream_ros.models.released.networks.generator import MotionGenerator


class PublishedTrainer:
    """Model, moving average, loss, optimisers and the number of steps done; as `training.trainer.Trainer`.

    Attributes:
        model: the generator that is trained.
        average: moving average of its weights; `average.module` is the model that is saved.
        objective: the readouts of the encoder, which the model does not keep.
        optimisers: over the parameters of model and readouts.
        step: steps done.
    """

    def __init__(self, preset: Preset, processes: Processes | None = None) -> None:
        self.config: PublishedConfig = preset.training
        torch.manual_seed(self.config.seed)
        self.processes = processes = processes or Processes()
        self.model = MotionGenerator(preset.network)
        random_weights(self.model)
        self.objective = Readouts(preset.network.encoder.width, preset.network.motion)
        for module in (self.model, self.objective):
            module.to(processes.device)
        self.average = averaged(self.model, self.config.average)
        self.optimisers = self._optimisers()
        self.step = 0
        self._bfloat16 = self.config.bfloat16 and bfloat16_pays(processes.device)
        self._loss = processes.parallel(PublishedLoss(self.model, self.objective, self.config))

    def _optimisers(self) -> list[torch.optim.Optimizer]:
        if self.config.optimiser == "muon":
            return optimisers(self.config.rate, self.model, self.objective)
        parameters = [*self.model.parameters(), *self.objective.parameters()]
        return [
            torch.optim.AdamW(
                parameters, lr=self.config.rate, betas=(0.9, 0.999), weight_decay=self.config.weight_decay
            )
        ]

    @property
    def sizes(self) -> GeneratorConfig:
        """Sizes of the generator."""
        return self.model.config

    @property
    def modules(self) -> dict[str, nn.Module]:
        """What a checkpoint keeps."""
        return {"model": self.model, "objective": self.objective, "average": self.average.module}

    def begun(self) -> None:
        """Make the average begin at the present weights, after they were replaced."""
        self.average.module.load_state_dict(self.model.state_dict())

    def _rate(self) -> float:
        config = self.config
        if config.decay:
            return learning_rate(config, self.step)
        return config.rate * min(1.0, (self.step + 1) / config.warmup)

    def descend(self, batch: Batch) -> dict[str, float]:
        """One step of the optimisers; returns the losses by name.

        Raises:
            RuntimeError: the loss or its gradients are not finite.
        """
        if self.step == self.config.encoder_steps > 0:
            self._share_encoder()
        rate = self._rate()
        for optimiser in self.optimisers:
            optimiser.zero_grad()
            for group in optimiser.param_groups:
                group["lr"] = rate
        # Seeded by the step, so that a resumed run draws the same noise as an uninterrupted one.
        torch.manual_seed(self.config.seed * 1_000_003 + self.step * self.processes.count + self.processes.rank)
        device = self.processes.device
        with torch.autocast(device.type, torch.bfloat16, enabled=self._bfloat16):
            losses = self._loss(batch.to(device))
        backward(losses["total"], self.model.parameters(), self.step)
        for optimiser in self.optimisers:
            optimiser.step()
        self.step += 1
        self.average.update_parameters(self.model)
        return {name: float(value.detach()) for name, value in losses.items()}

    @torch.no_grad()
    def _share_encoder(self) -> None:
        """After the steps for the self encoder alone, both encoders are what it has learned."""
        for model in (self.model, self.average.module):
            for own, other in encoder_weights(model):
                other.copy_(own)

    @torch.no_grad()
    def validate(self, batch: Batch) -> dict[str, float]:
        """Losses of the averaged model on a batch by name, always with the same noise, in float32."""
        torch.manual_seed(self.config.seed)
        losses = PublishedLoss(self.average.module, self.objective, self.config)(batch.to(self.processes.device))
        return {name: float(value) for name, value in losses.items()}
