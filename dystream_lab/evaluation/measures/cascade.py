"""A causal classifier of phones: the first half of the cascade that a learned face has to beat."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from dystream_lab.corpus.dataset import ConversationDataset
from dystream_lab.evaluation.utterance import ASSETS, Utterance
from dystream_lab.speech.phones import PHONE_INDEX, PHONES, SILENCE, UNKNOWN_ID, phone_ids
from dystream_ros.models.compact.features import LogMel

MELS = 40
UNITS = 192
LAYERS = 2
RATE = 100  # phones per second
STRIDE = 2  # mel frames that are heard at once
HOP = STRIDE * 160  # samples of these
# Each step names the phones of the last tenth of a second, in hundredths: what was said longer ago is named better, and
# rules that shape a mouth want to know the latest as well. LOOKAHEADS are the seconds heard past a phone's instant.
LOOKAHEADS = tuple(step / RATE for step in range(10))
_SECONDS = 3.2  # of a training stretch
_BATCH = 24
_SPOKEN = 0.9  # share of the stretches that lie around speech
_RATE = 3e-3
WEIGHTS = ASSETS / "cascade.safetensors"


class PhoneClassifier(nn.Module):
    """Log-mels through GRUs, 50 times a second: scores of PHONES at each of LOOKAHEADS ago."""

    def __init__(self) -> None:
        super().__init__()
        self.features = LogMel(MELS)
        self.memory = nn.GRU(STRIDE * MELS, UNITS, num_layers=LAYERS, batch_first=True)
        self.scores = nn.Linear(UNITS, len(LOOKAHEADS) * len(PHONES))

    def forward(self, audio: torch.Tensor) -> torch.Tensor:
        """Scores (B, n // HOP, LOOKAHEADS, phones) of audio (B, n), 16 kHz, whole HOPs; `places` says of when."""
        with torch.no_grad():
            heard, _ = self.features(audio, self.features.initial_state(len(audio)))
        stacked = heard.unflatten(1, (-1, STRIDE)).flatten(2)  # (B, n // HOP, STRIDE * MELS)
        return self.scores(self.memory(stacked)[0]).unflatten(-1, (len(LOOKAHEADS), len(PHONES)))


def places(count: int) -> np.ndarray:
    """Hundredths of a second that the first `count` scores are of: int64 (count, LOOKAHEADS).

    Scores j have heard (j + 1) * HOP samples; the first look back to before 0.
    """
    return (np.arange(count)[:, None] + 1) * STRIDE - np.arange(len(LOOKAHEADS))


def fresh(seed: int = 0) -> PhoneClassifier:
    """An untrained classifier; the same for the same seed."""
    torch.manual_seed(seed)
    return PhoneClassifier()


def train(classifier: PhoneClassifier, corpus: Path, steps: int, seed: int = 0) -> Iterator[float]:
    """Trains on the train clips of a corpus, 77 s of mostly speech a step; yields each step's loss.

    Raises:
        FileNotFoundError: no corpus.
    """
    clips = _Clips(corpus)
    rng = np.random.default_rng(seed)
    optimizer = torch.optim.Adam(classifier.parameters(), lr=_RATE)
    # A rise of a tenth needs some steps to rise in.
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, _RATE, total_steps=max(steps, 20), pct_start=0.1)
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
    """The training clips of a corpus, with the phones of each kept once read."""

    def __init__(self, corpus: Path) -> None:
        self._clips = ConversationDataset(corpus, "train")
        self._phones: dict[str, np.ndarray] = {}

    def batch(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Sound float32 (B, n) and phones int64 (B, n // HOP, LOOKAHEADS) of random stretches."""
        return tuple(np.stack(part) for part in zip(*(self._stretch(rng) for _ in range(_BATCH)), strict=True))

    def _stretch(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """One row of a batch."""
        entry = self._clips.entries[rng.integers(len(self._clips.entries))]
        party = int(rng.integers(2))
        phones = self._phone_rows(entry)[party]
        length = round(_SECONDS * RATE)
        begin = int(rng.integers(len(phones) - length))
        speaks = np.flatnonzero(phones)  # silence is phone 0
        if len(speaks) and rng.random() < _SPOKEN:
            begin = int(np.clip(speaks[rng.integers(len(speaks))] - rng.integers(length), 0, len(phones) - length - 1))
        sound = np.load(self._clips.root / "clips" / entry["id"] / "audio.npy", mmap_mode="r")
        part = sound[begin * 160 : (begin + length) * 160, party].astype(np.float32) / 32768.0
        return part, phones[np.maximum(begin + places(length // STRIDE), 0)].astype(np.int64)

    def _phone_rows(self, entry: dict) -> np.ndarray:
        """Index of the phone at each hundredth of a second: int8 (2, n)."""
        name = entry["id"]
        if name not in self._phones:
            instants = np.arange(entry["frames"] * RATE // self._clips.frames_per_second) / RATE
            labels = self._clips.labels(name)
            self._phones[name] = np.stack([phone_ids(party["phones"], instants) for party in labels]).astype(np.int8)
        return self._phones[name]


@torch.inference_mode()
def accuracy(classifier: PhoneClassifier, utterances: list[Utterance]) -> dict[float, float]:
    """By lookahead, the share of hundredths of labelled speech at which the likeliest phone is the right one."""
    right = []
    for utterance in utterances:
        samples = utterance.samples[: len(utterance.samples) // HOP * HOP]
        named = classifier(torch.from_numpy(samples[None]))[0].argmax(-1).numpy()
        instants = np.arange(len(samples) // HOP * STRIDE + 1) / RATE
        wanted = phone_ids(utterance.phones, instants)[np.maximum(places(len(named)), 0)]
        spoken = (wanted != PHONE_INDEX[SILENCE]) & (wanted != UNKNOWN_ID)
        right.append(np.where(spoken, named == wanted, np.nan))
    shares = np.nanmean(np.concatenate(right), 0)
    return dict(zip(LOOKAHEADS, shares.tolist(), strict=True))


def save(classifier: PhoneClassifier, path: Path) -> None:
    """Writes the weights in half precision."""
    save_file({name: value.half().contiguous() for name, value in classifier.state_dict().items()}, str(path))


def load(path: Path = WEIGHTS) -> PhoneClassifier:
    """The classifier whose weights are at `path`. Raises FileNotFoundError."""
    if not path.exists():
        raise FileNotFoundError(f"no weights {path}: make them with `dystream cascade CORPUS -o {path}`")
    classifier = PhoneClassifier()
    classifier.load_state_dict({name: value.float() for name, value in load_file(str(path)).items()})
    return classifier.eval()
