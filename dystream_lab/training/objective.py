"""The loss of the compact model.

It has four parts per frame: the flow-matching head estimates the clean motion from noise (squared error, weighted by
coefficient); a linear readout of the self encoder estimates the lips; an auxiliary readout classifies phones; the
context predicts the onsets of events. The history that the model receives is corrupted (corruption.py).
"""

import torch
from torch import nn
from torch.nn import functional as F

from dystream_lab.training.batches import Batch, EncoderBatch
from dystream_lab.training.corruption import Corruption, corrupted, delayed, partly_sampled
from dystream_lab.training.readouts import readout_losses, readout_total, visible_gaps
from dystream_ros.face.arkit import ARKIT_INDEX, ARKIT_NAMES
from dystream_ros.face.motion import POSE_NAMES
from dystream_ros.models.compact.model import EVENTS, CompactModel
from dystream_ros.models.compact.motion_space import MOTION, VALUES
from dystream_ros.models.flow import noise_level, sampling_angles

# Weight of each value of the motion in the loss, in its own normalised unit.
_SPEECH_WEIGHT = 2.0
_CONTACT_WEIGHT = 4.0  # coefficients that seal the lips: rare, and conspicuous when missing
_CONTACT = ("jawOpen", "mouthClose", "mouthPressLeft", "mouthPressRight", "mouthRollLower", "mouthRollUpper")
_POSE_WEIGHT = 1.5
# Nods and blinks are rare and short: with an even weight they are learned last.
_BRIEF_WEIGHT = 3.0
_BRIEF = (ARKIT_INDEX["eyeBlinkLeft"], ARKIT_INDEX["eyeBlinkRight"], VALUES + POSE_NAMES.index("headPitch"))
_MIMIC_WEIGHT = 2.0  # brows and smiles: rare, and essential for a listener
_MIMIC = [index for index, name in enumerate(ARKIT_NAMES) if name.startswith(("brow", "mouthSmile", "cheekSquint"))]
# The visible gap between the lips is jawOpen - mouthClose; small errors of both may add up to a wrong gap.
_GAP_WEIGHT = 1.5
_SEAL_WEIGHT = 2.0  # weight of the gap where the jaw is open and the lips are closed (P, B, M)
_SEALED = 0.03
_ONSETS_WEIGHT = 4.0  # of event onsets: one in hundreds of frames
_INVENTED = 2  # first frames of a clip, whose history is a repetition


class Objective(nn.Module):
    """The loss of a batch, with the auxiliary phone readout."""

    def __init__(self, model: CompactModel, phones: int, corruption: Corruption | None = None, draws: int = 2) -> None:
        """Sets up weights for a model.

        Args:
            model: gives the sizes and the motion space.
            phones: number of phones.
            corruption: of the history; the default when None.
            draws: noise draws of the flow loss per frame.
        """
        super().__init__()
        self.corruption = corruption or Corruption()
        self.draws = draws
        self.phones = nn.Linear(model.config.self_features, phones)
        weight = torch.ones(MOTION)
        weight[model.space.speech] = _SPEECH_WEIGHT
        weight[[ARKIT_INDEX[name] for name in _CONTACT]] = _CONTACT_WEIGHT
        weight[VALUES:] = _POSE_WEIGHT
        weight[_MIMIC] = _MIMIC_WEIGHT
        weight[list(_BRIEF)] = _BRIEF_WEIGHT
        self.register_buffer("weight", weight / weight.mean(), persistent=False)
        gap = torch.zeros(MOTION)
        gap[ARKIT_INDEX["jawOpen"]], gap[ARKIT_INDEX["mouthClose"]] = 1.0, -1.0
        self.register_buffer("gap", gap, persistent=False)
        self.register_buffer("visible_gaps", visible_gaps(model.space), persistent=False)

    def encoder(self, model: CompactModel, batch: EncoderBatch) -> dict[str, torch.Tensor]:
        """Losses of the readouts of the self encoder: `total` to minimise, the others for the log.

        A tenth of the work of a whole batch of the same length.
        """
        losses = self._readout_losses(
            model, model.self_clip(batch.self_mels, batch.other_mels), batch.motion, batch.phones
        )
        return {"total": readout_total(losses)} | {name: value.detach() for name, value in losses.items()}

    def forward(self, model: CompactModel, batch: Batch) -> dict[str, torch.Tensor]:
        """Losses of a batch: `total` to minimise, the others for the log."""
        motion, phones = batch.encoder.motion, batch.encoder.phones
        rows, frames = motion.shape[:2]
        own, other = model.encode_clip(batch.encoder.self_mels, batch.encoder.other_mels)

        anchor = motion[torch.arange(rows), torch.randint(frames, (rows,))].unsqueeze(1)
        switches = (torch.rand(rows, 1, 3) >= self.corruption.drop).float()
        ages, begun = batch.event_ages[:, :-1], batch.event_ages[:, 1:]

        def hidden_after(history: torch.Tensor) -> torch.Tensor:
            state = model.transformer.initial_state(rows, past=0)
            hidden, _ = model.context(
                own, other, delayed(history, 1), delayed(history, 2), anchor, ages, switches, state
            )
            return hidden  # (B, T, width)

        def condition_after(history: torch.Tensor) -> torch.Tensor:
            return model.condition(hidden_after(history), own, begun, switches)

        history, drift = corrupted(motion, model.space, self.corruption)
        if self.corruption.own:
            history = partly_sampled(model, history, condition_after, self.corruption.own)
        aim = motion + self.corruption.recovery * delayed(drift, 1)
        aim = torch.where(model.space.absolute, motion, aim)
        target = model.space.prediction(aim, delayed(history, 1))
        hidden = hidden_after(history)
        condition = model.condition(hidden, own, begun, switches)
        odds = model.event_chances(hidden).float()
        events = F.binary_cross_entropy_with_logits(odds, (begun == 0).float(), reduction="none").mean((0, 1))

        sealed = (motion @ self.gap < _SEALED) & (motion[..., ARKIT_INDEX["jawOpen"]] > _SEALED)
        flow, gap = self._flow_error(model, condition, target, 1.0 + (_SEAL_WEIGHT - 1.0) * sealed)
        readout = self._readout_losses(model, own, motion, phones)
        total = (flow * self.weight).mean() + _GAP_WEIGHT * gap + readout_total(readout) + _ONSETS_WEIGHT * events.sum()
        return {
            "total": total,
            "flow_speech": flow[..., model.space.speech].mean().detach(),
            "flow_rest": flow[..., ~model.space.speech].mean().detach(),
            "gap": gap.detach(),
        } | {name: value.detach() for name, value in (*zip(EVENTS, events), *readout.items())}

    def _readout_losses(
        self, model: CompactModel, own: torch.Tensor, motion: torch.Tensor, phones: torch.Tensor
    ) -> dict[str, torch.Tensor]:
        """Errors of lips and phones read from features (B, T, F_self); motion (B, T, 58), phones (B, T)."""
        return readout_losses(model.space, self.visible_gaps, model.lips(own), self.phones(own), motion, phones)

    def _flow_error(
        self, model: CompactModel, condition: torch.Tensor, target: torch.Tensor, gap_weight: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Squared error (B, T - 2, 58) of the estimated prediction, averaged over noise draws, and that of the gap ().

        Args:
            condition: (B, T, width).
            target: (B, T, 58), the prediction in the model's motion space.
            gap_weight: (B, T), weight of the gap's error.
        """
        # One noise level per clip and draw: the head's time modulations are then shared by all its frames.
        level = self._levels(target.shape[0], model.config.steps)
        noise = torch.randn(self.draws, *target.shape)
        noisy = (1 - level[..., None]) * target + level[..., None] * noise
        estimate = model.head(
            noisy, model.head.time_modulations(level), model.head.condition_modulations(condition.unsqueeze(0))
        )
        error = (estimate - target)[:, :, _INVENTED:]
        jaw = model.space.deviation[ARKIT_INDEX["jawOpen"]]
        gap = (((error * model.space.deviation) @ self.gap / jaw).square() * gap_weight[:, _INVENTED:]).mean()
        return error.square().mean(0), gap

    def _levels(self, rows: int, steps: int) -> torch.Tensor:
        """Noise levels (draws, rows, 1): half of them those of the sampler, half uniform."""
        sampler = torch.tensor([noise_level(angle) for angle in sampling_angles(steps)[:-1]])
        uniform = torch.rand(self.draws, rows, 1)
        chosen = sampler[torch.randint(steps, (self.draws, rows, 1))]
        return torch.where(torch.rand(self.draws, rows, 1) < 0.5, chosen, uniform)
