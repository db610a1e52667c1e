"""One frame of motion at a time: the window's state and the folded networks over it."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from dystream_ros.models.released.folded_head import FoldedHead
from dystream_ros.models.released.folded_network import FoldedNetwork
from dystream_ros.models.released.generator import MotionGenerator
from dystream_ros.models.released.sampling import Guidance


@dataclass
class MotionState:
    """What a batch of conversations remembers; updated in place, so that a captured graph keeps seeing it.

    Attributes:
        embedded: (B, history, width), the window's motion, embedded.
        terms: (blocks, B, branches, history, width), what audio and anchor add to each token in each block.
        constant: (blocks, B, branches, width), the part of `terms` that stays: anchor and biases.
    """

    embedded: Tensor
    terms: Tensor
    constant: Tensor


def push(window: Tensor, newest: Tensor, dim: int) -> None:
    """Move a window one place on along `dim` and put `newest` (without that axis) at its end, in place."""
    length = window.shape[dim]
    window.narrow(dim, 0, length - 1).copy_(window.narrow(dim, 1, length - 1).clone())
    window.select(dim, length - 1).copy_(newest)


class MotionStepper(nn.Module):
    """The motion generator for inference: weights folded, branches of weight 0 dropped.

    Args:
        generator: the published weights; they are copied, the module is not kept.
        guidance: weights of the conditionings.
        steps: Euler steps, 5 as published.
        dtype: of the products; sums, norms and the sampler stay in float32.
    """

    def __init__(
        self,
        generator: MotionGenerator,
        guidance: Guidance | None = None,
        steps: int = 5,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        super().__init__()
        guidance = guidance or Guidance()
        self.config = generator.config
        self.network = FoldedNetwork(generator, tuple(guidance.coefficients), dtype)
        self.head = FoldedHead(generator, guidance, steps, dtype)
        self.requires_grad_(False)

    def start(self, anchor: Tensor, self_features: Tensor, other_features: Tensor) -> MotionState:
        """State before the first frame: a history of the anchor over the audio before the conversation.

        Args:
            anchor: (B, motion).
            self_features, other_features: (B or 1, history, encoder width), of the last `history` frames.
        """
        constant = self.network.constant(anchor)
        batch = anchor.shape[0]
        features = (part.expand(batch, -1, -1) for part in (self_features, other_features))
        return MotionState(
            embedded=self.network.face_embed(anchor)[:, None].repeat(1, self.config.history, 1),
            terms=self.network.audio_terms(*features, constant).contiguous(),
            constant=constant,
        )

    def step(self, state: MotionState, self_features: Tensor, other_features: Tensor, noise: Tensor) -> Tensor:
        """Motion (B, motion) of the next frame, from features (B, encoder width) and a noise draw (B, motion).

        The frame enters the window's audio; its motion enters with `remember`.
        """
        newest = self.network.audio_terms(self_features[:, None], other_features[:, None], state.constant)
        push(state.terms, newest[:, :, :, 0], dim=3)
        return self.head(noise, self.network(state.embedded, state.terms))

    def remember(self, state: MotionState, motion: Tensor) -> None:
        """Put the motion (B, motion) that was shown into the window."""
        push(state.embedded, self.network.face_embed(motion), dim=1)
