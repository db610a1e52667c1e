"""The strategies that are compared, and the rows of the table that each gives."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch

from dystream_lab.training.causal.encoders import (
    FEATURE_MS,
    AnyLookaheadEncoder,
    LookaheadEncoder,
    TwoSidedEncoder,
)
from dystream_lab.training.causal.imaginers import MeanOfMels, SampleOfMels
from dystream_lab.training.causal.imagining import ImaginingEncoder
from dystream_lab.training.causal.lip_network import (
    Learner,
    LipNetwork,
    SampledFeatures,
    SamplingNetwork,
    TaughtNetwork,
)
from dystream_ros.models.compact.config import MELS_PER_FRAME
from dystream_ros.models.compact.encoder import AudioEncoder

LOOKAHEADS = (0, 20, 40, 60, 80, 120, 200)  # ms
TAUGHT = (0, 60)  # ms, lookaheads of the students
TWO_SIDED = "two-sided"
RANDOM = "random lookahead"
BETTER = 60  # ms, lookahead of the encoder whose features are predicted or sampled, and of what is imagined
_FIRST = (
    TWO_SIDED, "lookahead 0 ms", "lookahead 60 ms", "lookahead 40 ms", "lookahead 20 ms",
    "distilled features and lips, 0 ms", "predicts log-mels", RANDOM, "lookahead 120 ms", "distilled features, 0 ms",
    "samples log-mels", "predicts features", "samples features",
)  # fmt: skip


@dataclass(frozen=True)
class Sizes:
    """Sizes of the encoder, as those of `CompactConfig`."""

    mels: int = 64
    channels: int = 32
    rounds: int = 1
    features: int = 64

    def network(self) -> AudioEncoder:
        """An encoder of the log-mels of both parties with random weights."""
        return AudioEncoder(2 * self.mels, self.channels, self.features, self.rounds)


@dataclass(frozen=True)
class Strategy:
    """One training.

    Attributes:
        name: of the strategy, and of its row.
        make: a learner with random weights, given the trained network of another strategy by name.
        needs: the strategy whose trained network it is given; "" if none.
        rows: a trained network, ready to be measured, for each row of the table.
    """

    name: str
    make: Callable[[LipNetwork | None], Learner]
    needs: str = ""
    rows: Callable[["Strategy", LipNetwork], Iterator[tuple[str, LipNetwork]]] = lambda strategy, network: iter(
        [(strategy.name, network)]
    )


def lookahead_name(ms: int) -> str:
    """Name of the strategy with a lookahead."""
    return f"lookahead {ms} ms"


def strategies(sizes: Sizes) -> list[Strategy]:
    """All strategies, those that others need first; an early end leaves one of each kind."""
    found = [*_lookaheads(sizes), *_taught(sizes), *_generative(sizes), _random(sizes)]
    return sorted(found, key=lambda strategy: _FIRST.index(strategy.name) if strategy.name in _FIRST else len(_FIRST))


def _lookaheads(sizes: Sizes) -> Iterator[Strategy]:
    def make(ms: int) -> Callable[[LipNetwork | None], Learner]:
        return lambda _: _lips(sizes, LookaheadEncoder(sizes.network(), ms // FEATURE_MS))

    yield Strategy(TWO_SIDED, lambda _: _lips(sizes, TwoSidedEncoder(sizes.network())))
    for ms in LOOKAHEADS:
        yield Strategy(lookahead_name(ms), make(ms))


def _taught(sizes: Sizes) -> Iterator[Strategy]:
    """Causal encoders that are taught by the two-sided one."""

    def make(ms: int, lips: bool) -> Callable[[LipNetwork | None], Learner]:
        def made(teacher: LipNetwork | None) -> Learner:
            assert teacher is not None
            student = _lips(sizes, LookaheadEncoder(sizes.network(), ms // FEATURE_MS))
            return TaughtNetwork(student, teacher, lips)

        return made

    for lips, what in ((False, "features"), (True, "features and lips")):
        for ms in TAUGHT:
            yield Strategy(f"distilled {what}, {ms} ms", make(ms, lips), TWO_SIDED)


def _generative(sizes: Sizes) -> Iterator[Strategy]:
    """Causal encoders that hear nothing of the future and imagine 60 ms of it."""
    ahead, inputs = BETTER // FEATURE_MS, 2 * sizes.mels
    context = MELS_PER_FRAME * sizes.channels
    for name, imaginer in (("predicts log-mels", MeanOfMels), ("samples log-mels", SampleOfMels)):

        def imagining(_: LipNetwork | None, imaginer=imaginer) -> Learner:
            return _lips(sizes, ImaginingEncoder(sizes.network(), 0, ahead, imaginer(ahead, inputs, context)))

        yield Strategy(name, imagining)

    def predicting(teacher: LipNetwork | None) -> Learner:
        assert teacher is not None
        return TaughtNetwork(_lips(sizes, LookaheadEncoder(sizes.network(), 0)), teacher, lips=False)

    def sampling(teacher: LipNetwork | None) -> Learner:
        assert teacher is not None
        encoder = SampledFeatures(LookaheadEncoder(sizes.network(), 0), sizes.features)
        return SamplingNetwork(_lips(sizes, encoder), teacher)

    yield Strategy("predicts features", predicting, lookahead_name(BETTER))
    yield Strategy("samples features", sampling, lookahead_name(BETTER))


def _random(sizes: Sizes) -> Strategy:
    """One set of weights for all lookaheads."""
    choices = [ms // FEATURE_MS for ms in LOOKAHEADS]

    def make(_: LipNetwork | None) -> Learner:
        return _lips(sizes, AnyLookaheadEncoder(sizes.network(), choices))

    def rows(strategy: Strategy, network: LipNetwork) -> Iterator[tuple[str, LipNetwork]]:
        assert isinstance(network.encoder, AnyLookaheadEncoder)
        for ms in LOOKAHEADS:
            network.encoder.lookahead = ms // FEATURE_MS
            yield f"{strategy.name}, run with {ms} ms", network
        network.encoder.lookahead = None

    return Strategy(RANDOM, make, rows=rows)


def _lips(sizes: Sizes, encoder: torch.nn.Module) -> LipNetwork:
    return LipNetwork(encoder, sizes.features)
