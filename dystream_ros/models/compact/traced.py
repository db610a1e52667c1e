"""The step of one session as one graph: for a single row, calls from Python cost more than the arithmetic.

PyTorch records the operations of the same `forward` once and runs them without Python between them, and without the
interpreter lock, which the threads that receive audio need at the same time.
"""

import warnings

import torch
from torch import nn

from dystream_ros.models.compact.encoder import EncoderState
from dystream_ros.models.compact.transformer import TransformerState

# self log-mels, other log-mels, anchor, noise, previous, before, ages of events
_GIVEN = 7
_WARM_UP = 3  # calls

# TorchScript keeps every graph that was ever traced until the process ends (41 MB each, whether it is used or not). A
# head that loads the same weights again therefore uses the same graph again: by SHA-256 of the weights.
_GRAPHS: dict[str, "TracedStep"] = {}


class _Join:
    """Puts the tensors of the states back into their structure."""

    def __init__(self, encoders: tuple[EncoderState, EncoderState], transformer: TransformerState) -> None:
        self._own = len(encoders[0].pasts)
        self._other = self._own + len(encoders[1].pasts)
        self._keys = self._other + len(transformer.keys)

    def __call__(self, leaves: tuple[torch.Tensor, ...]) -> tuple[EncoderState, EncoderState, TransformerState]:
        return (
            EncoderState(tuple(leaves[: self._own])),
            EncoderState(tuple(leaves[self._own : self._other])),
            TransformerState(tuple(leaves[self._other : self._keys]), tuple(leaves[self._keys : -1]), leaves[-1]),
        )


class _Flat(nn.Module):
    """A network whose `follow` takes and returns nothing but tensors."""

    def __init__(self, network: nn.Module, join: _Join) -> None:
        super().__init__()
        self.network = network
        self._join = join

    def forward(self, *tensors: torch.Tensor) -> tuple[torch.Tensor, ...]:
        motion, ages, *states = self.network.follow(*tensors[:_GIVEN], *self._join(tensors[_GIVEN:]))
        return motion, ages, *_leaves(*states)


class TracedStep:
    """Does what `CompactModel.follow` does, for one session, with the weights and settings at the time of its making.

    Args:
        network: the model, in evaluation mode; it is not kept.
        given: as many tensors of one session as `follow` takes before its states.
        encoders, transformer: states of one session, for their shapes: of both encoders, and of the transformer.
    """

    def __init__(
        self,
        network: nn.Module,
        given: tuple[torch.Tensor, ...],
        encoders: tuple[EncoderState, EncoderState],
        transformer: TransformerState,
    ) -> None:
        self._join = _Join(encoders, transformer)
        example = (*given, *_leaves(*encoders, transformer))
        with warnings.catch_warnings(), torch.no_grad():
            # The tracer warns of each number that Python computed: all of them are the same in every step.
            warnings.simplefilter("ignore", torch.jit.TracerWarning)
            # The successors of TorchScript need a C++ compiler at run time.
            warnings.simplefilter("ignore", DeprecationWarning)
            traced = torch.jit.trace(_Flat(network, self._join).eval(), example, check_trace=False)
            self._graph = torch.jit.freeze(traced)
            # The first calls are profiled and optimised, 100 ms each: they must not be the first frames of a live head.
            for _ in range(_WARM_UP):
                self._graph(*example)

    def __call__(
        self, *tensors_and_states: torch.Tensor | EncoderState | TransformerState
    ) -> tuple[torch.Tensor, torch.Tensor, EncoderState, EncoderState, TransformerState]:
        given, states = tensors_and_states[:_GIVEN], tensors_and_states[_GIVEN:]
        motion, ages, *leaves = self._graph(*given, *_leaves(*states))
        return motion, ages, *self._join(leaves)


def traced_step(
    weights_sha256: str | None,
    network: nn.Module,
    given: tuple[torch.Tensor, ...],
    encoders: tuple[EncoderState, EncoderState],
    transformer: TransformerState,
) -> TracedStep:
    """The graph of these weights: the one that was traced before, or a new one; always new when the hash is None."""
    if weights_sha256 is None:
        return TracedStep(network, given, encoders, transformer)
    if weights_sha256 not in _GRAPHS:
        _GRAPHS[weights_sha256] = TracedStep(network, given, encoders, transformer)
    return _GRAPHS[weights_sha256]


def _leaves(own: EncoderState, other: EncoderState, transformer: TransformerState) -> tuple[torch.Tensor, ...]:
    return *own.pasts, *other.pasts, *transformer.keys, *transformer.values, transformer.age
