"""The loss of the compact model: clean motion from noise, sound, and a past that is not to be trusted."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from dystream_lab.speech.phones import UNKNOWN_ID
from dystream_ros.face.aperture import aperture_weights, teeth_weights
from dystream_ros.face.arkit import ARKIT_INDEX, ARKIT_NAMES
from dystream_ros.face.motion import POSE_NAMES
from dystream_ros.models.compact.model import EVENTS, CompactModel
from dystream_ros.models.compact.motion_space import MOTION, VALUES
from dystream_ros.models.flow import multistep_sample, noise_level, sampling_angles

# Weight of each number in the loss, in its own normalised unit.
_SPEECH_WEIGHT = 2.0
_CONTACT_WEIGHT = 4.0  # what seals the lips: rare, and seen at once when missing
_CONTACT = ("jawOpen", "mouthClose", "mouthPressLeft", "mouthPressRight", "mouthRollLower", "mouthRollUpper")
_POSE_WEIGHT = 1.5
# Nods and blinks are rare and short: at an even weight they are the last that a model learns.
_BRIEF_WEIGHT = 3.0
_MIMIC_WEIGHT = 2.0  # brows and smiles: seldom, and what makes a listener
_MIMIC = [index for index, name in enumerate(ARKIT_NAMES) if name.startswith(("brow", "mouthSmile", "cheekSquint"))]
_BRIEF = (ARKIT_INDEX["eyeBlinkLeft"], ARKIT_INDEX["eyeBlinkRight"], VALUES + POSE_NAMES.index("headPitch"))
# What the eye sees of jawOpen and mouthClose is their difference, the gap between the lips; each may be nearly right
# and the gap wrong.
_GAP_WEIGHT = 1.5
# Where the jaw is open and the lips are shut all the same (P, B, M), this much more.
_SEAL_WEIGHT = 2.0
_SEALED = 0.03
# Lips read off the ear, the gaps that they leave to each other and to the teeth, and phones, which only training reads
# off it: what lips get wrong are phones that sound alike, N for M, D for B, K for P.
_LIPS_WEIGHT = 0.5
_LIPS_GAP_WEIGHT = 0.5
_LIPS_TEETH_WEIGHT = 0.25
_PHONES_WEIGHT = 0.3
_ONSETS_WEIGHT = 4.0  # of the chances that an event begins now: once in hundreds of frames


@dataclass(frozen=True)
class Batch:
    """Clips of conversation.

    Attributes:
        self_mels, other_mels: (B, lookahead / 160 + 4 T, mels), log-mels of the audio from the lookahead on.
        motion: (B, T, 58) of the self party.
        phones: (B, T) index of the self party's phone at the middle of each frame; UNKNOWN_ID where it is not known.
        event_ages: (B, T + 1, EVENTS), as `Clip.event_ages`.
    """

    self_mels: torch.Tensor
    other_mels: torch.Tensor
    motion: torch.Tensor
    phones: torch.Tensor
    event_ages: torch.Tensor


@dataclass(frozen=True)
class EarBatch:
    """Stretches for the ear of the own voice alone: as `Batch`."""

    self_mels: torch.Tensor
    other_mels: torch.Tensor
    motion: torch.Tensor
    phones: torch.Tensor


@dataclass(frozen=True)
class Corruption:
    """How the fed-back motion is falsified in training, against exposure bias.

    Attributes:
        drift: largest deviation of a slow error of the past, in usual deviations of each number.
        correlation: of the noise that this error follows from frame to frame, and of the error with its last value:
            it is as smooth as motion, and hides nothing of how fast the past moved. One that was not taught the head to
            answer its place late, so that it swung like a pendulum (docs/decisions.md).
        recovery: share of that error that is left after a frame: a wrong past is made good gently, as a face moves.
        lip_noise: error of fed-back lips, in deviations.
        lip_drop: share of clips whose fed-back lips are replaced by noise, so that they are read from the sound.
        own: largest share of a clip's frames whose past is the model's own: what it samples for them from that past
            in a first forward (the two forwards of MotionStreamer, arXiv 2503.15451). Costs half of a step more.
        drop: share of clips that are not given self, other, anchor (classifier-free guidance).
    """

    drift: float = 0.5
    correlation: float = 0.95
    recovery: float = 0.93
    lip_noise: float = 0.5
    lip_drop: float = 0.5
    own: float = 0.0
    drop: float = 0.1


class Objective(nn.Module):
    """The loss, with an auxiliary readout of phones that only training needs."""

    def __init__(self, model: CompactModel, phones: int, corruption: Corruption | None = None, draws: int = 2) -> None:
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
        # What each speech coefficient adds to the gaps of the lips to each other and to the teeth.
        seen = torch.from_numpy(np.stack([aperture_weights(), teeth_weights()], axis=1))
        seen = torch.cat([seen, torch.zeros(MOTION - VALUES, 2)])
        self.register_buffer("seen", seen[model.space.speech], persistent=False)

    def ear(self, model: CompactModel, batch: EarBatch) -> dict[str, torch.Tensor]:
        """Losses of what is read off the ear for the own voice: a tenth of the work of a whole batch."""
        losses = self._ear_losses(model, model.self_clip(batch.self_mels, batch.other_mels), batch.motion, batch.phones)
        return {"total": self._ear_total(losses)} | {name: value.detach() for name, value in losses.items()}

    def _ear_total(self, losses: dict[str, torch.Tensor]) -> torch.Tensor:
        return (
            _LIPS_WEIGHT * losses["lips"]
            + _LIPS_GAP_WEIGHT * losses["lips_gap"]
            + _LIPS_TEETH_WEIGHT * losses["lips_teeth"]
            + _PHONES_WEIGHT * losses["phones"]
        )

    def _ear_losses(
        self, model: CompactModel, own: torch.Tensor, motion: torch.Tensor, phones: torch.Tensor
    ) -> dict[str, torch.Tensor]:
        """What features (B, T, F_self) say of lips and phones, against motion (B, T, 58) and phones (B, T)."""
        speech = model.space.speech
        error = model.lips(own) - model.space.normalised(motion)[..., speech]
        jaw = model.space.deviation[ARKIT_INDEX["jawOpen"]]
        gaps = ((error.float() * model.space.deviation[speech]) @ self.seen / jaw).square().mean((0, 1))
        # Videos of people come without phones: a batch may know some of them, or none.
        known = (phones != UNKNOWN_ID).sum().clamp(min=1)
        said = F.cross_entropy(
            self.phones(own).flatten(0, 1), phones.flatten(), ignore_index=UNKNOWN_ID, reduction="sum"
        )
        return {
            "lips": error.square().mean(),
            "lips_gap": gaps[0],
            "lips_teeth": gaps[1],
            "phones": said / known,
        }

    def forward(self, model: CompactModel, batch: Batch) -> dict[str, torch.Tensor]:
        """Losses of a batch: `total` to descend, the others to watch."""
        rows, frames = batch.motion.shape[:2]
        own, other = model.encode_clip(batch.self_mels, batch.other_mels)

        anchor = batch.motion[torch.arange(rows), torch.randint(frames, (rows,))].unsqueeze(1)
        switches = (torch.rand(rows, 1, 3) >= self.corruption.drop).float()
        ages, begun = batch.event_ages[:, :-1], batch.event_ages[:, 1:]

        def after(history: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            """Context and condition of every frame after a history (B, T, 58)."""
            state = model.transformer.initial_state(rows, past=0)
            past = _delayed(history, 1), _delayed(history, 2)
            hidden, _ = model.context(own, other, *past, anchor, ages, switches, state)
            return hidden, model.condition(hidden, own, begun, switches)

        history, drift = self._corrupted(batch.motion, model)
        if self.corruption.own:
            history = self._partly_own(model, history, after)
        aim = batch.motion + self.corruption.recovery * _delayed(drift, 1)
        aim = torch.where(model.space.absolute, batch.motion, aim)
        target = model.space.prediction(aim, _delayed(history, 1))
        hidden, condition = after(history)
        odds = model.event_chances(hidden).float()
        events = F.binary_cross_entropy_with_logits(odds, (begun == 0).float(), reduction="none").mean((0, 1))

        sealed = (batch.motion @ self.gap < _SEALED) & (batch.motion[..., ARKIT_INDEX["jawOpen"]] > _SEALED)
        flow, gap = self._flow_error(model, condition, target, 1.0 + (_SEAL_WEIGHT - 1.0) * sealed)
        ear = self._ear_losses(model, own, batch.motion, batch.phones)
        total = (flow * self.weight).mean() + _GAP_WEIGHT * gap + self._ear_total(ear) + _ONSETS_WEIGHT * events.sum()
        return {
            "total": total,
            "flow_speech": flow[..., model.space.speech].mean().detach(),
            "flow_rest": flow[..., ~model.space.speech].mean().detach(),
            "gap": gap.detach(),
        } | {name: value.detach() for name, value in (*zip(EVENTS, events), *ear.items())}

    def _flow_error(
        self, model: CompactModel, condition: torch.Tensor, target: torch.Tensor, gap_weight: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Squared error (B, T - 2, 58) of the estimated prediction over several noise draws, and that of the gap.

        The gap's error is weighted by `gap_weight` (B, T).
        """
        # A level a clip and draw: the head's time modulations are then computed once for all its frames.
        level = self._levels(target.shape[0], model.config.steps)
        noise = torch.randn(self.draws, *target.shape)
        noisy = (1 - level[..., None]) * target + level[..., None] * noise
        estimate = model.head(
            noisy, model.head.time_modulations(level), model.head.condition_modulations(condition.unsqueeze(0))
        )
        error = (estimate - target)[:, :, 2:]  # the first frames' past is made up
        jaw = model.space.deviation[ARKIT_INDEX["jawOpen"]]
        gap = (((error * model.space.deviation) @ self.gap / jaw).square() * gap_weight[:, 2:]).mean()
        return error.square().mean(0), gap

    @torch.no_grad()
    def _partly_own(
        self,
        model: CompactModel,
        history: torch.Tensor,
        after: Callable[[torch.Tensor], tuple[torch.Tensor, torch.Tensor]],
    ) -> torch.Tensor:
        """A history (B, T, 58) with some of its frames as the model samples them after that history."""
        rows, frames, size = history.shape
        _, condition = after(history)
        modulated = model.head.condition_modulations(condition)
        angles = sampling_angles(model.config.steps)

        def estimate(sample: torch.Tensor, index: int) -> torch.Tensor:
            level = torch.full((rows, 1), noise_level(angles[index]))
            return model.head(sample, model.head.time_modulations(level), modulated)

        noise = torch.randn(rows, frames, size)
        noise = noise * torch.where(model.space.speech, model.config.lip_temperature, model.config.temperature)
        sampled = model.space.motion(multistep_sample(estimate, noise, angles), _delayed(history, 1))
        chosen = torch.rand(rows, frames, 1) < self.corruption.own * torch.rand(rows, 1, 1)
        return torch.where(chosen, sampled.to(history.dtype), history)

    def _levels(self, rows: int, steps: int) -> torch.Tensor:
        """Noise levels (draws, rows, 1): half of them those that the sampler will ask for, half from everywhere."""
        asked = torch.tensor([noise_level(angle) for angle in sampling_angles(steps)[:-1]])
        anywhere = torch.rand(self.draws, rows, 1)
        chosen = asked[torch.randint(steps, (self.draws, rows, 1))]
        return torch.where(torch.rand(self.draws, rows, 1) < 0.5, chosen, anywhere)

    def _corrupted(self, motion: torch.Tensor, model: CompactModel) -> tuple[torch.Tensor, torch.Tensor]:
        """The past as a model in free running might have made it, (B, T, 58), and the slow part of its error."""
        rows, frames, size = motion.shape
        settings, deviation = self.corruption, model.space.deviation
        slow = _smooth_noise(rows, frames, size, settings.correlation)
        slow = slow * deviation * settings.drift * torch.rand(rows, 1, 1).square()
        # Steps of a falsified past must not look like motion: the fast part stays at a fraction of a usual step.
        jitter = torch.randn(rows, frames, size) * model.space.step * 0.3 * torch.rand(rows, 1, 1)
        lips = motion + torch.randn(rows, frames, size) * deviation * settings.lip_noise * torch.rand(rows, 1, 1)
        blind = model.space.mean + deviation * torch.randn(rows, frames, size)
        lips = torch.where(torch.rand(rows, 1, 1) < settings.lip_drop, blind, lips)
        return torch.where(model.space.speech, lips, motion + slow + jitter), slow


def _smooth_noise(rows: int, frames: int, size: int, correlation: float) -> torch.Tensor:
    """(B, T, D) of unit variance: white noise through the same first-order filter twice."""
    rate = (1 - correlation**2) ** 0.5
    innovation = rate * torch.randn(rows, frames, size)
    noise, value = torch.randn(2, rows, size)
    made = []
    for frame in range(frames):
        noise = correlation * noise + innovation[:, frame]
        value = correlation * value + rate**2 / (1 + correlation**2) ** 0.5 * noise
        made.append(value)
    return torch.stack(made, dim=1)


def _delayed(clip: torch.Tensor, frames: int) -> torch.Tensor:
    """(B, T, D) some frames later; the first frame stands in for those before it."""
    return torch.cat([clip[:, :1].expand(-1, frames, -1), clip[:, :-frames]], dim=1)
