"""One frame of motion at a time: the window's state and the folded networks over it."""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from dystream_ros.models.guidance import Guidance
from dystream_ros.models.released.fast.folded_head import FoldedHead
from dystream_ros.models.released.fast.folded_network import FoldedNetwork
from dystream_ros.models.released.networks.generator import MotionGenerator
from dystream_ros.models.released.networks.sampling import PUBLISHED_GUIDANCE


class MotionState(NamedTuple):
    """State of a conversation's window.

    Attributes:
        embedded: (B, history, width), the window's motion, embedded.
        terms: (B, blocks, branches, history, width), added to each token in each block for audio and anchor.
        constant: (B, blocks, branches, width), the part of `terms` that does not change: anchor and biases.
    """

    embedded: Tensor
    terms: Tensor
    constant: Tensor


class MotionStepper(nn.Module):
    """The motion generator for inference, with folded weights and without branches of weight 0.

    Args:
        generator: the published weights, copied.
        guidance: weights of the conditionings.
        steps: Euler steps, 5 as published.
        dtype: of the products; sums, norms and the sampler stay in float32.
    """

    def __init__(
        self,
        generator: MotionGenerator,
        guidance: Guidance = PUBLISHED_GUIDANCE,
        steps: int = 5,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        super().__init__()
        self.config = generator.config
        self.network = FoldedNetwork(generator, guidance, dtype)
        self.head = FoldedHead(generator, guidance, steps, dtype)
        self.requires_grad_(False)

    def start(self, anchor: Tensor, self_features: Tensor, other_features: Tensor) -> MotionState:
        """State before the first frame: a history of the anchor over the audio before the conversation.

        Args:
            anchor: (B, motion).
            self_features, other_features: (B or 1, history, encoder width), of the last `history` frames.
        """
        constant = self.network.constant(anchor)
        own, other = (part.expand(len(anchor), -1, -1) for part in (self_features, other_features))
        return MotionState(
            embedded=self.network.face_embed(anchor)[:, None].repeat(1, self.config.history, 1),
            terms=self.network.audio_terms(own, other, constant),
            constant=constant,
        )

    def step(
        self, state: MotionState, self_features: Tensor, other_features: Tensor, noise: Tensor
    ) -> tuple[Tensor, MotionState]:
        """Motion (B, motion) of the next frame, and the state with its audio; `remember` adds the motion.

        Args:
            self_features, other_features: (B, encoder width), of the frame.
            noise: (B, motion), standard normal.
        """
        newest = self.network.audio_terms(self_features[:, None], other_features[:, None], state.constant)
        terms = torch.cat((state.terms[:, :, :, 1:], newest), 3)
        noise = noise * self.config.noise_scale
        return self.head(noise, self.network(state.embedded, terms)), state._replace(terms=terms)

    def remember(self, state: MotionState, motion: Tensor) -> MotionState:
        """State whose window ends with the motion (B, motion) that was shown."""
        newest = self.embed(motion)[:, None]
        return state._replace(embedded=torch.cat((state.embedded[:, 1:], newest), 1))

    def embed(self, motion: Tensor) -> Tensor:
        """Motion (..., motion) -> its token in `MotionState.embedded`, (..., width)."""
        return self.network.face_embed(motion)
