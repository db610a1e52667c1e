"""Duration of a streaming step of the strategies, at the sizes of the shipped encoder."""

import time
from collections.abc import Callable

import numpy as np
import torch

from benchmarks.ablations_causal.strategies import BETTER, LOOKAHEADS, Sizes
from dystream_lab.training.causal.encoders import FEATURE_MS, AnyLookaheadEncoder, LookaheadEncoder
from dystream_lab.training.causal.imaginers import FlowSampler, MeanOfMels, SampleOfMels
from dystream_lab.training.causal.imagining import ImaginingEncoder
from dystream_ros.models.compact.config import MELS_PER_FRAME, CompactConfig

_ROUNDS = 6  # each times every strategy, so that other load on the machine affects all of them
_STEPS = 20  # per round


def step_ms() -> dict[str, float]:
    """Milliseconds of the encoder per motion frame by strategy: the least of the medians of the rounds.

    It is the time of the one thread on a processor, which other load on the machine does not count in. Weights are
    random, and one session is run. Log-mels are given; the rest of the model is not run.
    """
    shipped = CompactConfig()
    sizes = Sizes(shipped.mels, shipped.self_channels, shipped.self_rounds, shipped.self_features)
    steps = _steps(sizes)
    taken: dict[str, list[float]] = {name: [] for name in steps}
    with torch.inference_mode():
        for _ in range(_ROUNDS):
            for name, step in steps.items():
                taken[name].append(float(np.median([_seconds(step) for _ in range(_STEPS)])))
    return {name: 1000 * min(medians) for name, medians in taken.items()}


def _steps(sizes: Sizes) -> dict[str, Callable[[], object]]:
    """A step of each strategy, of which the state is that of the start."""
    ahead, inputs, context = BETTER // FEATURE_MS, 2 * sizes.mels, MELS_PER_FRAME * sizes.channels
    mels = torch.randn(1, MELS_PER_FRAME, inputs)
    plain = LookaheadEncoder(sizes.network(), ahead)
    chosen = AnyLookaheadEncoder(sizes.network(), [ms // FEATURE_MS for ms in LOOKAHEADS])
    encoders = {
        "lookahead, distilled": plain,
        "random lookahead": chosen,
        "predicts log-mels": ImaginingEncoder(sizes.network(), 0, ahead, MeanOfMels(ahead, inputs, context)),
        "samples log-mels": ImaginingEncoder(sizes.network(), 0, ahead, SampleOfMels(ahead, inputs, context)),
    }
    sampler = FlowSampler(sizes.features, sizes.features)

    def step(encoder: LookaheadEncoder | AnyLookaheadEncoder | ImaginingEncoder) -> Callable[[], object]:
        state = encoder.network.initial_state(1)
        return lambda: encoder.step(mels, state)

    state = plain.network.initial_state(1)
    return {name: step(encoder) for name, encoder in encoders.items()} | {
        "samples features": lambda: sampler(plain.step(mels, state)[0])
    }


def _seconds(step: Callable[[], object]) -> float:
    begun = time.thread_time()
    step()
    return time.thread_time() - begun
