"""The numbers that the compact model predicts, and how they become a motion.

Speech coefficients and eyelids are predicted as absolute values: they follow the sound or close within a frame. The
others (head, gaze, brows, smiles) are predicted as steps from the previous frame, in units of the usual step of each
number. Smooth motion then needs less precision of the network, and errors of the past are corrected instead of copied.
"""

import math

import torch
from torch import nn

from dystream_ros.face.arkit import ARKIT_INDEX, ARKIT_NAMES, SPEECH_INDEX
from dystream_ros.face.motion import ARKIT_LAYOUT, POSE_NAMES
from dystream_ros.models.compact.config import CompactConfig

VALUES = len(ARKIT_LAYOUT.names)
MOTION = VALUES + len(POSE_NAMES)  # 58 numbers: 52 coefficients, then the pose of the head

_LIDS = (ARKIT_INDEX["eyeBlinkLeft"], ARKIT_INDEX["eyeBlinkRight"])
# Smiles belong to the mouth, but depend on the mood and not on the sound.
_SMILE = (ARKIT_INDEX["mouthSmileLeft"], ARKIT_INDEX["mouthSmileRight"])
_POSE_LIMIT = (0.6, 0.6, 0.8, 0.05, 0.05, 0.05)  # rad, m: range of effortless motion of a neck
# Autoregressive noise of the head's steps, in the order of POSE_NAMES: the coefficient (0.97: half-life 0.9 s), and the
# scale of the white noise that drives it. Both are fitted to the range, the tremble and the variance of the head on
# validation voices. Pitch stays white, since nods are short.
_SWAY = (0.97, 0.0, 0.97, 0.98, 0.98, 0.98)
_SWAY_SIZE = (6.0, 1.0, 4.0, 6.0, 6.0, 6.0)
# Share of the distance to its mean that a number predicted in steps loses per frame (half-life 4.6 s; the head 14 s).
# Errors of steps accumulate: without this term the head was 5 cm off and a brow half lowered after some minutes. Larger
# values restrain the head: with 0.006 its variation was 0.6 times that of the teacher.
_RETURN = 0.006
_RETURN_OF_POSE = 0.002
# Usual range of the head (rad, m; it holds 98 % or more of the teacher's frames), and the share of the excess over it
# that is removed per frame (half-life 0.17 s).
_USUAL_POSE = (0.14, 0.14, 0.15, 0.01, 0.01, 0.01)
_EXCESS_DECAY = 0.15
# Smallest units of coefficients, angles (rad) and positions (m): numbers that never move in the corpus would otherwise
# amplify rounding errors.
_LEAST_DEVIATION = (0.02, 0.01, 0.001)
_LEAST_STEP = (1e-3, 1e-3, 5e-5)
_LARGEST_STEP = 6.0  # in usual steps: limit of the correction of a wrong past
# Eyes fixate or jump: a gaze shift is 8 to 38 usual steps.
_LARGEST_GAZE_STEP = 40.0


class MotionSpace(nn.Module):
    """Scales of motion, measured on the corpus, and the conversions between motion and prediction.

    Attributes:
        mean, deviation, step: (58,) mean, deviation and usual step of each number in the corpus.
        absolute: (58,) true where the value is predicted, false where its step is.
        speech, speech_index: (58,) true where a number follows the sound, and the indices of those.
        gaze, brows, smiles: (58,) true where a number is a direction of the eyes, a brow, a smile.
    """

    mean: torch.Tensor
    deviation: torch.Tensor
    step: torch.Tensor
    absolute: torch.Tensor
    speech: torch.Tensor
    speech_index: torch.Tensor
    gaze: torch.Tensor
    brows: torch.Tensor
    smiles: torch.Tensor
    largest: torch.Tensor
    sway: torch.Tensor
    sway_size: torch.Tensor
    returning: torch.Tensor
    usual: torch.Tensor
    minimum: torch.Tensor
    maximum: torch.Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(MOTION))
        self.register_buffer("deviation", torch.ones(MOTION))
        self.register_buffer("step", torch.ones(MOTION))
        speech = torch.zeros(MOTION, dtype=torch.bool)
        speech[list(SPEECH_INDEX)] = True
        speech[list(_SMILE)] = False
        absolute = speech.clone()
        absolute[list(_LIDS)] = True
        self.register_buffer("absolute", absolute, persistent=False)
        self.register_buffer("speech", speech, persistent=False)
        self.register_buffer("speech_index", speech.nonzero()[:, 0], persistent=False)
        for group, prefix in (("gaze", "eyeLook"), ("brows", "brow"), ("smiles", "mouthSmile")):
            places = torch.zeros(MOTION, dtype=torch.bool)
            places[[index for index, name in enumerate(ARKIT_NAMES) if name.startswith(prefix)]] = True
            self.register_buffer(group, places, persistent=False)
        largest = torch.where(self.gaze, _LARGEST_GAZE_STEP, _LARGEST_STEP)
        self.register_buffer("largest", largest, persistent=False)
        self.register_buffer("sway", torch.tensor(_SWAY), persistent=False)
        self.register_buffer("sway_size", torch.tensor(_SWAY_SIZE), persistent=False)
        returning = torch.full((MOTION,), _RETURN)
        returning[VALUES:] = _RETURN_OF_POSE
        self.register_buffer("returning", returning, persistent=False)
        usual = torch.cat([torch.full((VALUES,), math.inf), torch.tensor(_USUAL_POSE)])
        self.register_buffer("usual", usual, persistent=False)
        limit = torch.tensor(_POSE_LIMIT)
        self.register_buffer("minimum", torch.cat([torch.tensor(ARKIT_LAYOUT.minimum), -limit]), persistent=False)
        self.register_buffer("maximum", torch.cat([torch.tensor(ARKIT_LAYOUT.maximum), limit]), persistent=False)

    def fit(self, motion: torch.Tensor) -> None:
        """Measures the scales on motion (clips, T, 58)."""
        flat = motion.flatten(0, 1)
        self.mean.copy_(flat.mean(0))
        kinds = torch.tensor([VALUES, 3, 3])
        self.deviation.copy_(flat.std(0).maximum(torch.tensor(_LEAST_DEVIATION).repeat_interleave(kinds)))
        steps = motion.diff(dim=1).flatten(0, 1).std(0)
        self.step.copy_(steps.maximum(torch.tensor(_LEAST_STEP).repeat_interleave(kinds)))

    def normalised(self, motion: torch.Tensor) -> torch.Tensor:
        """Motion (..., 58) in deviations from the mean."""
        return (motion - self.mean) / self.deviation

    def prediction(self, motion: torch.Tensor, previous: torch.Tensor) -> torch.Tensor:
        """The prediction (..., 58) that gives `motion` (..., 58) after `previous` (..., 58); inverse of `motion`."""
        steps = ((motion - previous) / self.step).clamp(-self.largest, self.largest)
        return torch.where(self.absolute, self.normalised(motion), steps)

    def tempered(self, noise: torch.Tensor, config: CompactConfig) -> torch.Tensor:
        """Noise (..., 58) at the temperature that each number has in the configuration."""
        scale = torch.where(self.speech, config.lip_temperature, config.temperature)
        for places, temperature in (
            (self.gaze, config.gaze_temperature),
            (self.brows, config.brow_temperature),
            (self.smiles, config.smile_temperature),
        ):
            scale = torch.where(places, temperature, scale)
        return noise * scale

    def swaying(self, noise: torch.Tensor, last: torch.Tensor) -> torch.Tensor:
        """First-order autoregressive noise (..., 6) of the head's step, from white noise and the last result (..., 6).

        With independent noise in each step the head trembles.
        """
        return torch.lerp(self.sway_size * noise, last, self.sway)

    def motion(self, prediction: torch.Tensor, previous: torch.Tensor) -> torch.Tensor:
        """Motion (..., 58) of a prediction (..., 58) after `previous`, within the limits of a face."""
        absolute = prediction * self.deviation + self.mean
        beyond = previous - torch.clamp(previous, -self.usual, self.usual)
        stepped = previous + prediction * self.step + self.returning * (self.mean - previous) - _EXCESS_DECAY * beyond
        return torch.where(self.absolute, absolute, stepped).clamp(self.minimum, self.maximum)
