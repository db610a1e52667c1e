"""A classifier of phones that hears 60 ms ahead: the first half of the cascade that a learned face has to beat."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from dystream_ros.models.compact.features import LogMel
from dystream_ros.training.evaluation.utterance import ASSETS
from dystream_ros.training.phones import PHONES, phone_ids

MELS = 40
UNITS = 128
RATE = 100  # phones per second
LOOKAHEAD = 0.060  # seconds past a phone's instant that its class has heard
_SECONDS = 5.0  # of a training stretch
_BATCH = 24
_RATE = 4e-3
WEIGHTS = ASSETS / "cascade.safetensors"


class PhoneClassifier(nn.Module):
    """Log-mels through a GRU: scores of PHONES, each 10 ms of what was said LOOKAHEAD ago."""

    def __init__(self) -> None:
        super().__init__()
        self.features = LogMel(MELS)
        self.memory = nn.GRU(MELS, UNITS, batch_first=True)
        self.scores = nn.Linear(UNITS, len(PHONES))

    def forward(self, audio: torch.Tensor) -> torch.Tensor:
        """Scores (B, n // 160, phones) of audio (B, n), 16 kHz: number j is of second (j + 1) / RATE - LOOKAHEAD."""
        with torch.no_grad():
            heard, _ = self.features(audio, self.features.initial_state(len(audio)))
        return self.scores(self.memory(heard)[0])


def times(count: int) -> np.ndarray:
    """Seconds that the first `count` scores are of."""
    return (np.arange(count) + 1) / RATE - LOOKAHEAD


def fresh(seed: int = 0) -> PhoneClassifier:
    """An untrained classifier; the same for the same seed."""
    torch.manual_seed(seed)
    return PhoneClassifier()


def train(classifier: PhoneClassifier, corpus: Path, steps: int, seed: int = 0) -> Iterator[float]:
    """Trains on the train clips of a corpus, two minutes of speech a step; yields the loss of each step.

    Raises:
        FileNotFoundError: no corpus.
    """
    index = Path(corpus) / "index.json"
    if not index.exists():
        raise FileNotFoundError(f"no corpus in {corpus} (no index.json): build one with `dystream corpus`")
    clips = [entry for entry in json.loads(index.read_text())["clips"] if entry["split"] == "train"]
    rng = np.random.default_rng(seed)
    optimizer = torch.optim.Adam(classifier.parameters(), lr=_RATE)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, _RATE, total_steps=steps)
    for _ in range(steps):
        audio, wanted = _batch(Path(corpus), clips, rng)
        scores = classifier(torch.from_numpy(audio))
        loss = nn.functional.cross_entropy(scores.flatten(0, 1), torch.from_numpy(wanted).flatten())
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(classifier.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        yield float(loss.detach())


def _batch(corpus: Path, clips: list[dict], rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Sound float32 (B, n) and phones int64 (B, n // 160) of random stretches."""
    samples = int(_SECONDS * 16_000)
    sounds, wanted = [], []
    for _ in range(_BATCH):
        folder = corpus / "clips" / clips[rng.integers(len(clips))]["id"]
        party = int(rng.integers(2))
        sound = np.load(folder / "audio.npy", mmap_mode="r")
        begin = int(rng.integers(len(sound) - samples))
        sounds.append(np.asarray(sound[begin : begin + samples, party], np.float32) / 32768.0)
        phones = json.loads((folder / "labels.json").read_text())[party]["phones"]
        wanted.append(phone_ids(phones, begin / 16_000 + times(samples // 160)))
    return np.stack(sounds), np.stack(wanted)


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
