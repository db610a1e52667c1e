"""A causal phone classifier, the first half of the cascade baseline (rows/cascade.py): network, training, accuracy.

Log-mels (100 per second, 40 bands) -> 2-layer GRU of 192 units at 50 steps per second -> scores of PHONES at ten
instants: the last tenth of a second of the step. Older instants are classified more accurately, as more sound follows
them.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file
from torch import nn

from dystream_lab.corpus.dataset import ConversationDataset
from dystream_lab.evaluation import ASSETS
from dystream_lab.evaluation.sets.utterance import Utterance
from dystream_lab.rates import CURVE_HOP, CURVE_RATE
from dystream_lab.speech.phones import PHONE_INDEX, PHONES, SILENCE, UNKNOWN_ID, phone_ids
from dystream_ros.models.compact.features import LogMel
from dystream_ros.models.tensor_file import write_tensors

MELS = 40
UNITS = 192
LAYERS = 2
STRIDE = 2  # mel frames per step
STEP = STRIDE * CURVE_HOP  # samples of one step, 20 ms
# Seconds of sound past a phone's instant, for each of the instants that a step scores.
LOOKAHEADS = tuple(step / CURVE_RATE for step in range(10))
_SECONDS = 3.2  # of a training segment
_BATCH = 24
_SPOKEN = 0.9  # share of the segments that contain speech
_LEARNING_RATE = 3e-3
WEIGHTS = ASSETS / "cascade.safetensors"


class PhoneClassifier(nn.Module):
    """Scores of PHONES at each of LOOKAHEADS before the end of a step, 50 steps per second."""

    def __init__(self) -> None:
        super().__init__()
        self.features = LogMel(MELS)
        self.memory = nn.GRU(STRIDE * MELS, UNITS, num_layers=LAYERS, batch_first=True)
        self.scores = nn.Linear(UNITS, len(LOOKAHEADS) * len(PHONES))

    def forward(self, audio: torch.Tensor) -> torch.Tensor:
        """Logits (B, n // STEP, LOOKAHEADS, phones) of audio (B, n), 16 kHz, n a multiple of STEP; see `places`."""
        with torch.no_grad():
            mels, _ = self.features(audio, self.features.initial_state(len(audio)))
        stacked = mels.unflatten(1, (-1, STRIDE)).flatten(2)  # (B, n // STEP, STRIDE * MELS)
        return self.scores(self.memory(stacked)[0]).unflatten(-1, (len(LOOKAHEADS), len(PHONES)))


def places(count: int) -> np.ndarray:
    """Instants of the first `count` steps, in units of 10 ms: int64 (count, LOOKAHEADS).

    Step j depends on (j + 1) * STEP samples; instants of the first steps are negative.
    """
    return (np.arange(count)[:, None] + 1) * STRIDE - np.arange(len(LOOKAHEADS))


def fresh(seed: int = 0) -> PhoneClassifier:
    """An untrained classifier, determined by the seed."""
    torch.manual_seed(seed)
    return PhoneClassifier()


def train(classifier: PhoneClassifier, corpus: Path, steps: int, seed: int = 0) -> Iterator[float]:
    """Trains on the train clips of a corpus, 77 s of mostly speech per step; yields the loss of each step.

    Cross-entropy over known phones, Adam, one-cycle schedule.

    Raises:
        FileNotFoundError: there is no corpus.
    """
    clips = _Clips(corpus)
    rng = np.random.default_rng(seed)
    optimizer = torch.optim.Adam(classifier.parameters(), lr=_LEARNING_RATE)
    # The warm-up is a tenth of the steps; OneCycleLR needs at least two.
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, _LEARNING_RATE, total_steps=max(steps, 20), pct_start=0.1)
    for _ in range(steps):
        audio, wanted = clips.batch(rng)
        scores = classifier(torch.from_numpy(audio))
        wanted = torch.from_numpy(wanted).flatten()
        loss = nn.functional.cross_entropy(scores.flatten(0, 2), wanted, ignore_index=UNKNOWN_ID)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(classifier.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        yield float(loss.detach())


class _Clips:
    """Random segments of the training clips of a corpus; the phones of each clip are cached."""

    def __init__(self, corpus: Path) -> None:
        self._clips = ConversationDataset(corpus, "train")
        self._phones: dict[str, np.ndarray] = {}

    def batch(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Sound float32 (B, n) and phones int64 (B, n // STEP, LOOKAHEADS) of random segments."""
        return tuple(np.stack(part) for part in zip(*(self._segment(rng) for _ in range(_BATCH)), strict=True))

    def _segment(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """One row of a batch."""
        entry = self._clips.entries[rng.integers(len(self._clips.entries))]
        party = int(rng.integers(2))
        phones = self._phone_rows(entry)[party]
        length = round(_SECONDS * CURVE_RATE)
        begin = int(rng.integers(len(phones) - length))
        speaks = np.flatnonzero(phones)  # silence is phone 0
        if len(speaks) and rng.random() < _SPOKEN:
            begin = int(np.clip(speaks[rng.integers(len(speaks))] - rng.integers(length), 0, len(phones) - length - 1))
        sound = np.load(self._clips.root / "clips" / entry["id"] / "audio.npy", mmap_mode="r")
        part = sound[begin * CURVE_HOP : (begin + length) * CURVE_HOP, party].astype(np.float32) / 32768.0
        return part, phones[np.maximum(begin + places(length // STRIDE), 0)].astype(np.int64)

    def _phone_rows(self, entry: dict) -> np.ndarray:
        """Index of the phone of each party every 10 ms: int8 (2, n)."""
        name = entry["id"]
        if name not in self._phones:
            instants = np.arange(entry["frames"] * CURVE_RATE // self._clips.frames_per_second) / CURVE_RATE
            labels = self._clips.labels(name)
            self._phones[name] = np.stack([phone_ids(party["phones"], instants) for party in labels]).astype(np.int8)
        return self._phones[name]


@torch.inference_mode()
def accuracy(classifier: PhoneClassifier, utterances: list[Utterance]) -> dict[float, float]:
    """Accuracy by lookahead in seconds: share of 10 ms instants of labelled speech whose likeliest phone is correct."""
    correct = []
    for utterance in utterances:
        samples = utterance.samples[: len(utterance.samples) // STEP * STEP]
        named = classifier(torch.from_numpy(samples[None]))[0].argmax(-1).numpy()
        instants = np.arange(len(samples) // STEP * STRIDE + 1) / CURVE_RATE
        wanted = phone_ids(utterance.phones, instants)[np.maximum(places(len(named)), 0)]
        spoken = (wanted != PHONE_INDEX[SILENCE]) & (wanted != UNKNOWN_ID)
        correct.append(np.where(spoken, named == wanted, np.nan))
    shares = np.nanmean(np.concatenate(correct), 0)
    return dict(zip(LOOKAHEADS, shares.tolist(), strict=True))


def save(classifier: PhoneClassifier, path: Path) -> None:
    """Writes the weights in half precision."""
    write_tensors({name: value.half() for name, value in classifier.state_dict().items()}, path)


def load(path: Path = WEIGHTS) -> PhoneClassifier:
    """The classifier whose weights are at `path`. Raises FileNotFoundError."""
    if not path.exists():
        raise FileNotFoundError(f"no weights {path}: make them with `dystream cascade CORPUS -o {path}`")
    classifier = PhoneClassifier()
    classifier.load_state_dict({name: value.float() for name, value in load_file(str(path)).items()})
    return classifier.eval()
