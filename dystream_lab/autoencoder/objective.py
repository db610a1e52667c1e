"""The losses of a batch."""

import torch
from torch import Tensor, nn

from dystream_lab.autoencoder.batches import FaceBatch
from dystream_lab.autoencoder.config import AutoencoderTraining
from dystream_lab.autoencoder.networks.discriminator import Discriminator, painters_loss
from dystream_lab.autoencoder.networks.equivariance import equivariance_loss, random_transforms
from dystream_lab.autoencoder.networks.perceptual import PerceptualLoss
from dystream_lab.autoencoder.networks.picture_losses import gradient_loss, pixel_loss, structural_similarity
from dystream_ros.models.released.networks.autoencoder import Autoencoder
from dystream_ros.models.released.networks.warping import warp_volume


class Objective(nn.Module):
    """The four networks and their losses as one module, whose forward pass is a step: for `DistributedDataParallel`.

    Args:
        autoencoder: the networks.
        perceptual: features of VGG19, or None.
    """

    def __init__(
        self, autoencoder: Autoencoder, config: AutoencoderTraining, perceptual: PerceptualLoss | None = None
    ) -> None:
        super().__init__()
        self.autoencoder, self.perceptual, self._config = autoencoder, perceptual, config

    def forward(
        self, batch: FaceBatch, discriminator: Discriminator | None, cross: bool
    ) -> tuple[dict[str, Tensor], Tensor]:
        """Losses by name, "total" among them, and the painted pictures (B, 3, size, size).

        Args:
            discriminator: of the adversarial loss; None without. Its parameters are not trained here.
            cross: whether the loss of faces that other persons drive is computed.
        """
        config, networks = self._config, self.autoencoder
        half = torch.autocast(batch.source.device.type, torch.bfloat16, enabled=config.precision == "bfloat16")
        with half:
            codes = networks.motion_encoder(torch.cat((batch.source_masked, batch.driver_masked))).float()
            volume = networks.face_encoder(batch.source).float()
        source, target = codes.chunk(2)
        painted, deltas = self._paint(half, volume, source, target)
        losses = self._compare(painted, batch)
        if config.equivariance:
            transforms = random_transforms(len(source), source.device)
            losses["equivariance"] = equivariance_loss(networks, source, batch.driver_masked, deltas, transforms)
        if cross:
            losses["cross"] = self._cross(half, volume, source, target)
        if discriminator is not None:
            with half:
                losses["adversarial"] = painters_loss(config.adversarial, discriminator(painted).float())
        losses["total"] = torch.stack([self._weight(name) * value for name, value in losses.items()]).sum()
        return losses, painted

    def _weight(self, name: str) -> float:
        if name == "adversarial":
            return self._config.adversarial_weight
        return float(getattr(self._config, name))

    def _paint(self, half: torch.autocast, volume: Tensor, source: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        """Pictures and the deltas of their warps; the warp is computed in float32, which it needs."""
        networks = self.autoencoder
        generator = networks.face_generator
        with torch.autocast(volume.device.type, enabled=False):
            deltas = generator.deltas(networks.flow_estimator(source, target))
            warped = warp_volume(volume, deltas)
        with half:
            condition, mask = generator.condition(warped)
            return generator.paint(condition * mask).float(), deltas

    def _compare(self, painted: Tensor, batch: FaceBatch) -> dict[str, Tensor]:
        weight = 1 + self._config.face * batch.regions
        losses = {"pixel": pixel_loss(painted, batch.target, weight)}
        if self.perceptual is not None:
            losses["perceptual"] = self.perceptual(painted, batch.target)
        else:
            losses["gradient"] = gradient_loss(painted, batch.target, weight)
            losses["structure"] = 1 - structural_similarity(painted, batch.target).mean()
        return losses

    def _cross(self, half: torch.autocast, volume: Tensor, source: Tensor, target: Tensor) -> Tensor:
        """Difference of the mean features of a face from those of its picture with another person's motion.

        The features are means over the volume's places, so they hardly depend on the motion. No gradient flows into
        the features of the true face.
        """
        painted, _ = self._paint(half, volume, source, target.roll(1, 0))
        with half:
            kept = self.autoencoder.face_encoder(painted).float().mean((-2, -1))
        own = volume.mean((-2, -1)).detach()
        return (kept - own).abs().mean() / own.abs().mean().clamp(min=1e-6)
