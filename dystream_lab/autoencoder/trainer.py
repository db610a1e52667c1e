"""The state of a training of the autoencoder and one step of it."""

import math
from pathlib import Path

import torch
from torch import nn

from dystream_lab.autoencoder.batches import FaceBatch
from dystream_lab.autoencoder.config import AutoencoderTraining
from dystream_lab.autoencoder.networks import spectral
from dystream_lab.autoencoder.networks.discriminator import Discriminator, discriminators_loss
from dystream_lab.autoencoder.networks.perceptual import PerceptualLoss
from dystream_lab.autoencoder.objective import Objective
from dystream_lab.training.optimisation import averaged, backward
from dystream_lab.training.processes import Processes
from dystream_ros.models.released.networks.autoencoder import Autoencoder
from dystream_ros.models.released.networks.autoencoder_configuration import AutoencoderConfig

_LAST_RATE = 0.05  # of the rate, at the end of a training that settles
# Of the warp's last layer: random weights would begin with offsets of an eighth of the picture, which hide the face.
_FIRST_WARP = 0.05


class AutoencoderTrainer:
    """Networks, discriminator, moving average, optimisers and the number of steps done.

    Attributes:
        autoencoder: the networks that are trained.
        average: moving average of their weights.
        discriminator: None without an adversarial loss.
        optimisers: of the networks, and of the discriminator if there is one.
        step: steps done.
    """

    def __init__(
        self, config: AutoencoderTraining, network: AutoencoderConfig, processes: Processes | None = None
    ) -> None:
        torch.manual_seed(config.seed)
        self.config = config
        self.processes = processes = processes or Processes()
        self.autoencoder = Autoencoder(network)
        with torch.no_grad():
            self.autoencoder.face_generator.conv2.weight.mul_(_FIRST_WARP)
        discriminator = Discriminator(network) if config.adversarial != "none" else None
        if processes.count > 1 and processes.device.type == "cuda":
            self.autoencoder = nn.SyncBatchNorm.convert_sync_batchnorm(self.autoencoder)
        self.autoencoder.to(processes.device).train()
        perceptual = PerceptualLoss(Path(config.vgg)).to(processes.device) if config.vgg else None
        self.average = averaged(self.autoencoder, config.average)
        self.optimisers: list[torch.optim.Optimizer] = [
            torch.optim.AdamW(self.autoencoder.parameters(), config.rate, config.betas, weight_decay=0.0)
        ]
        self.discriminator = discriminator
        if discriminator is not None:
            discriminator.to(processes.device)
            rate, betas = config.discriminator_rate, config.discriminator_betas
            self.optimisers.append(torch.optim.AdamW(discriminator.parameters(), rate, betas, weight_decay=0.0))
            self._judge = processes.parallel(discriminator)
        self.step = 0
        self._objective = processes.parallel(Objective(self.autoencoder, config, perceptual))

    @property
    def sizes(self) -> AutoencoderConfig:
        """Sizes of the networks."""
        return self.autoencoder.config

    @property
    def modules(self) -> dict[str, nn.Module]:
        """What a checkpoint keeps."""
        modules: dict[str, nn.Module] = {"autoencoder": self.autoencoder, "average": self.average.module}
        return modules if self.discriminator is None else modules | {"discriminator": self.discriminator}

    def begin_with(self, state: dict[str, torch.Tensor]) -> None:
        """Begins with weights instead of random ones; keys that are not given keep theirs."""
        self.autoencoder.load_state_dict(state, strict=False)
        self.average.module.load_state_dict(self.autoencoder.state_dict())

    def descend(self, batch: FaceBatch) -> dict[str, float]:
        """One step of the optimisers; returns the losses by name.

        Raises:
            RuntimeError: a loss or its gradients are not finite.
        """
        config = self.config
        share = learning_share(config, self.step)
        for optimiser, rate in zip(self.optimisers, (config.rate, config.discriminator_rate)):
            for group in optimiser.param_groups:
                group["lr"] = rate * share
        # Seeded by the step, so that a resumed run draws the same noise as an uninterrupted one.
        torch.manual_seed(config.seed * 1_000_003 + self.step * self.processes.count + self.processes.rank)
        spectral.iterate(self.autoencoder)
        batch = batch.to(self.processes.device)
        judged = self.discriminator is not None and self.step >= config.adversarial_from
        cross = config.cross > 0 and self.step % config.cross_every == config.cross_every - 1 and config.batch > 1
        if self.discriminator is not None:
            self.discriminator.requires_grad_(False)
        losses, painted = self._objective(batch, self.discriminator if judged else None, cross)
        self._apply(self.optimisers[0], losses["total"], self.autoencoder)
        values = {name: float(value.detach()) for name, value in losses.items()}
        if judged:
            values["discriminator"] = self._judge_pictures(batch, painted.detach())
        self.step += 1
        self.average.update_parameters(self.autoencoder)
        return values

    def _judge_pictures(self, batch: FaceBatch, painted: torch.Tensor) -> float:
        """One step of the discriminator; returns its loss."""
        assert self.discriminator is not None
        self.discriminator.requires_grad_(True)
        device = self.processes.device.type
        with torch.autocast(device, torch.bfloat16, enabled=self.config.precision == "bfloat16"):
            logits = self._judge(torch.cat((batch.target, painted))).float()
        loss = discriminators_loss(self.config.adversarial, *logits.chunk(2))
        self._apply(self.optimisers[1], loss, self.discriminator)
        return float(loss.detach())

    def _apply(self, optimiser: torch.optim.Optimizer, loss: torch.Tensor, module: nn.Module) -> None:
        optimiser.zero_grad()
        backward(loss, module.parameters(), self.step)
        optimiser.step()


def learning_share(config: AutoencoderTraining, step: int) -> float:
    """Share of the learning rates in a step: a linear warm-up, and at the end a cosine down to a twentieth.

    A function of the step, so that a resumed run may have more steps than it began with.
    """
    if step < config.warmup:
        return (step + 1) / config.warmup
    settling = config.settle * config.steps
    progress = 1 - (config.steps - step) / settling if settling else 0.0
    cosine = 0.5 * (1 + math.cos(math.pi * min(1.0, max(0.0, progress))))
    return _LAST_RATE + (1 - _LAST_RATE) * cosine
