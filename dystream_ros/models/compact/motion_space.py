"""The numbers that the compact model predicts, and how they become a motion.

Speech coefficients and eyelids are predicted as they are: they follow the sound or snap shut. All else (head, gaze,
brows, smiles) is predicted as a step from the frame before, in units of that number's usual step: smooth
motion then needs no precision that a small network does not have, and a wrong past is corrected, not copied.
"""

import math

import torch
from torch import nn

from dystream_ros.face.arkit import ARKIT_INDEX, ARKIT_NAMES, SPEECH_INDEX
from dystream_ros.face.motion import ARKIT_LAYOUT, POSE_NAMES

VALUES = len(ARKIT_LAYOUT.names)
MOTION = VALUES + len(POSE_NAMES)  # 58 numbers: 52 coefficients, then the pose of the head

_LIDS = (ARKIT_INDEX["eyeBlinkLeft"], ARKIT_INDEX["eyeBlinkRight"])
# A smile is of the mouth, but comes from the mood and not from the sound.
_SMILE = (ARKIT_INDEX["mouthSmileLeft"], ARKIT_INDEX["mouthSmileRight"])
_POSE_LIMIT = (0.6, 0.6, 0.8, 0.05, 0.05, 0.05)  # rad, m: what a neck does without effort
# Noise of the head's steps, in the order of POSE_NAMES: what it keeps of the last (0.97: half of it in 0.9 s), and
# its size were it white. Both by the swing, the trembling and the spread of validation voices; nods are short, so that
# pitch stays white.
_SWAY = (0.97, 0.0, 0.97, 0.98, 0.98, 0.98)
_SWAY_SIZE = (6.0, 1.0, 4.0, 6.0, 6.0, 6.0)
# Share of its distance from the usual value that a number predicted in steps loses in a frame (half of it in 4.6 s, the
# head in 14 s): errors of steps add up, and without this a head was found 5 cm aside and a brow half down after some
# minutes. More of it holds the head still: with 0.006 it varied 0.6 times as much as the teacher's.
_RETURN = 0.006
_RETURN_OF_POSE = 0.002
# Beyond where heads usually are (rad, m; the teacher's is there in 98 of 100 frames or more) they lose this share of
# what is beyond in a frame: half of it in a sixth of a second.
_USUAL_POSE = (0.14, 0.14, 0.15, 0.01, 0.01, 0.01)
_HOME = 0.15
# Least units of coefficients, angles (rad) and places (m): a number that the corpus never moves must not turn rounding
# into motion.
_LEAST_DEVIATION = (0.02, 0.01, 0.001)
_LEAST_STEP = (1e-3, 1e-3, 5e-5)
_LARGEST_STEP = 6.0  # in usual steps: what a corrupted past may ask for
# Eyes are still or jump: a shift of the gaze is 8 to 38 of their usual steps.
_LARGEST_GAZE_STEP = 40.0


class MotionSpace(nn.Module):
    """Scales of motion, learned from the corpus, and the conversions between motion and prediction.

    Attributes:
        mean, deviation, step: (58,) mean, deviation and usual step of each number in the corpus.
        absolute: (58,) true where the number itself is predicted, not its step.
        speech, speech_index: (58,) true, and the indices, where a number follows the sound.
    """

    mean: torch.Tensor
    deviation: torch.Tensor
    step: torch.Tensor
    absolute: torch.Tensor
    speech: torch.Tensor
    speech_index: torch.Tensor
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
        largest = torch.full((MOTION,), _LARGEST_STEP)
        largest[[index for index, name in enumerate(ARKIT_NAMES) if name.startswith("eyeLook")]] = _LARGEST_GAZE_STEP
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
        """Takes the scales from motion (clips, T, 58)."""
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
        """What the flow head has to predict for `motion` (..., 58) after `previous` (..., 58)."""
        steps = ((motion - previous) / self.step).clamp(-self.largest, self.largest)
        return torch.where(self.absolute, self.normalised(motion), steps)

    def swaying(self, noise: torch.Tensor, last: torch.Tensor) -> torch.Tensor:
        """What a step of the head is drawn from: white noise (..., 6) after the last such (..., 6), slowed down.

        Steps are sampled one by one; from white noise a head trembles. What is slow passes unchanged.
        """
        return torch.lerp(self.sway_size * noise, last, self.sway)

    def motion(self, prediction: torch.Tensor, previous: torch.Tensor) -> torch.Tensor:
        """Motion (..., 58) of a prediction (..., 58) after `previous`, within the limits of a face."""
        absolute = prediction * self.deviation + self.mean
        beyond = previous - torch.clamp(previous, -self.usual, self.usual)
        stepped = previous + prediction * self.step + self.returning * (self.mean - previous) - _HOME * beyond
        return torch.where(self.absolute, absolute, stepped).clamp(self.minimum, self.maximum)
