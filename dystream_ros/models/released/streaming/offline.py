"""The published offline inference: both encoders receive the whole conversation at once."""

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor

from dystream_ros.models.released.fast.precision import float32_convolutions
from dystream_ros.models.released.networks.configuration import HOP
from dystream_ros.models.released.networks.generator import MotionGenerator
from dystream_ros.models.released.streaming.stepper import MotionStepper


def encode_conversation(generator: MotionGenerator, self_audio: Tensor, other_audio: Tensor) -> tuple[Tensor, Tensor]:
    """Features (1, history + T, encoder width) of both parties, with a history of silence first.

    Args:
        self_audio, other_audio: (samples,) at 16 kHz; the shorter one and the last frame are padded with zeros.
    """
    samples = max(len(self_audio), len(other_audio))
    samples += -samples % HOP
    before = HOP * generator.config.history
    own, other = (F.pad(audio, (before, samples - len(audio)))[None] for audio in (self_audio, other_audio))
    with float32_convolutions():
        return generator.encode(own, other)


@torch.inference_mode()
def generate(
    stepper: MotionStepper, self_features: Tensor, other_features: Tensor, anchor: Tensor, noise: Tensor
) -> Iterator[Tensor]:
    """Motions (motion,), frame by frame, of features (1, history + T, encoder width) of whole utterances.

    The published loop stops one frame before the audio ends. This one gives that frame too; the others are the same.

    Args:
        anchor: (motion,).
        noise: (at least T, motion); draw k belongs to frame k.
    """
    history = stepper.config.history
    frames = self_features.shape[1] - history
    state = stepper.start(anchor[None], self_features[:, :history], other_features[:, :history])
    for frame in range(frames):
        newest = history + frame
        motion, state = stepper.step(state, self_features[:, newest], other_features[:, newest], noise[frame, None])
        state = stepper.remember(state, motion)
        yield motion[0]
