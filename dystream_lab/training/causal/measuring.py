"""Lips of a network on labelled recordings of voices that it was not trained on."""

from collections.abc import Sequence

import numpy as np
import torch

from dystream_lab.evaluation.measures import lips
from dystream_lab.evaluation.sets.target import target_of
from dystream_lab.evaluation.sets.utterance import Utterance
from dystream_lab.rates import CURVE_HOP, HOP
from dystream_lab.training.causal.encoders import SPARE
from dystream_lab.training.causal.lip_network import LipNetwork
from dystream_ros.models.compact.features import LogMel

MEASURES = ("P B M at 0.5 /s", "F V at 0.5 /s", "rounding AUC", "correlation", "lag ms")
_BATCH = 16


class Recordings:
    """Labelled recordings and their log-mels; the other party is silent, and silence follows."""

    def __init__(self, utterances: Sequence[Utterance], mels: int) -> None:
        # Of similar length in a batch: frames past the end of a short one are discarded.
        order = sorted(utterances, key=lambda utterance: utterance.frames)
        self._groups = [order[first : first + _BATCH] for first in range(0, len(order), _BATCH)]
        self._mels = [_log_mels(group, mels) for group in self._groups]

    @torch.no_grad()
    def measure(self, network: LipNetwork) -> dict[str, float]:
        """The measures of docs/evaluation.md by name, pooled over all recordings."""
        torch.manual_seed(0)
        sums = np.zeros(lips.TALLY_SIZE)
        for group, heard in zip(self._groups, self._mels):
            motions = network(heard).numpy()
            for utterance, motion in zip(group, motions):
                sums += lips.tally(target_of(utterance), motion[: utterance.frames])
        found = lips.measures(sums)
        return {name: float(found[name]) for name in MEASURES}


@torch.no_grad()
def _log_mels(utterances: Sequence[Utterance], mels: int) -> torch.Tensor:
    """Log-mels (B, 4 T + SPARE, 2 mels) of the recordings and of silence."""
    longest = max(utterance.frames for utterance in utterances) * HOP
    sound = np.zeros((len(utterances), longest + SPARE * CURVE_HOP), np.float32)
    for row, utterance in enumerate(utterances):
        samples = utterance.samples[: utterance.frames * HOP]
        sound[row, : len(samples)] = samples
    features = LogMel(mels)
    both = [features(torch.from_numpy(one), features.initial_state(len(one)))[0] for one in (sound, 0 * sound)]
    return torch.cat(both, dim=2)
