"""Distillation of a published encoder into a causal student: resumable training, and evaluation.

The teacher receives the whole clip, the student sound up to its lookahead. The newest feature of a frame is compared.
"""

import json
import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
import torch
from torch import Tensor

from dystream_lab.training.state_file import (
    below,
    optimiser_tensors,
    read_state,
    refuse_former,
    restore_optimiser,
    write_state,
)
from dystream_ros.models.released.networks.configuration import FEATURE_HOP, HOP
from dystream_ros.models.released.networks.wav2vec2 import Wav2Vec2Encoder, encode_utterance
from dystream_ros.models.released.streaming.student import StudentEncoder
from dystream_ros.models.released.streaming.window_encoder import WindowEncoder
from dystream_ros.models.tensor_file import write_tensors

StreamingEncoder: TypeAlias = StudentEncoder | WindowEncoder

SETTLING = 25  # frames at the start of a clip that are not compared: initial states differ
STATE_FILE, LOG_FILE = "state.safetensors", "log.csv"
_FORMER = "state.pt"


@dataclass(frozen=True)
class DistillationConfig:
    """Settings of the training.

    Attributes:
        steps: batches in all.
        batch: clips per batch.
        rate: highest learning rate, reached after `warm_up` steps, then falling as a cosine.
        save_every: steps between two saved states.
        seed: of the order of the clips.
    """

    steps: int = 20_000
    batch: int = 8
    rate: float = 1e-4
    warm_up: int = 500
    save_every: int = 200
    seed: int = 0


def outputs(student: StudentEncoder, audio: Tensor) -> Tensor:
    """Features (B, 2 T - lookahead features, width) of the student over whole clips (B, 640 T)."""
    begin = student.initial(len(audio))
    features, front_end = student.front_end(begin.front_end, audio, audio.new_ones(len(audio)))
    hidden, _ = student.absorb(begin, features, front_end)
    return student.settled(hidden[:, 1:])  # the first feature is that of the silence before


def distance(features: Tensor, target: Tensor) -> Tensor:
    """Mean squared error relative to the variance of the teacher's features; the mean feature has an error of 1."""
    target = target[:, : features.shape[1]]
    spread = (target - target.mean((0, 1), keepdim=True)).square().mean()
    first = 2 * SETTLING if features.shape[1] > 4 * SETTLING else 0
    return (features - target)[:, first:].square().mean() / spread


class Distillation:
    """The training of one student.

    Args:
        teacher: the published encoder.
        student: initialised from it.
        folder: of state, log and final weights; an existing run is resumed.
    """

    def __init__(
        self, teacher: Wav2Vec2Encoder, student: StudentEncoder, folder: Path, config: DistillationConfig
    ) -> None:
        self.teacher, self.student, self.folder, self.config = teacher, student, folder, config
        self.device = next(teacher.parameters()).device
        self.student.to(self.device)
        self.optimiser = torch.optim.AdamW(student.parameters(), lr=config.rate, weight_decay=0.01)
        self.step = 0
        folder.mkdir(parents=True, exist_ok=True)
        state = folder / STATE_FILE
        if state.is_file():
            self._continue(state)
        else:
            refuse_former(folder / _FORMER)

    def _continue(self, path: Path) -> None:
        tensors, saved = read_state(path)
        if saved["config"] != asdict(self.config):
            raise ValueError(f"{path} was begun with {saved['config']}; give the same settings or another folder")
        self.student.load_state_dict(below(tensors, "student."))
        restore_optimiser(self.optimiser, tensors, "optimiser.")
        self.step = saved["step"]

    def run(self, clips: np.ndarray) -> Iterator[tuple[int, float]]:
        """Trains to the end on clips (n, samples); yields each step and its loss. May be interrupted at any step."""
        self.student.train()
        try:
            while self.step < self.config.steps:
                loss = self._learn(self._batch(clips))
                self.step += 1
                self._log(loss)
                yield self.step, loss
                if self.step % self.config.save_every == 0:
                    self.save()
        finally:
            self.save()
            self.student.eval()

    def _batch(self, clips: np.ndarray) -> Tensor:
        """Clips of this step, drawn by the number of the step, so that a resumed run draws the same ones."""
        generator = np.random.default_rng((self.config.seed, self.step))
        rows = generator.integers(0, len(clips), self.config.batch)
        gain = 10 ** (generator.uniform(-12, 6, (len(rows), 1)) / 20)
        return torch.from_numpy((clips[rows] * gain).astype(np.float32)).to(self.device)

    def _learn(self, audio: Tensor) -> float:
        with torch.no_grad():
            target = encode_utterance(self.teacher, audio)
        loss = distance(outputs(self.student, audio), target)
        share = min(1.0, (self.step + 1) / self.config.warm_up)
        share *= 0.5 * (1 + math.cos(math.pi * self.step / self.config.steps))
        for group in self.optimiser.param_groups:
            group["lr"] = self.config.rate * share
        self.optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.student.parameters(), 1.0)
        self.optimiser.step()
        return loss.item()

    def _log(self, loss: float) -> None:
        with (self.folder / LOG_FILE).open("a") as file:
            file.write(f"{self.step},{loss:.6f}\n")

    def save(self) -> None:
        """Writes the state for resuming."""
        tensors = {f"student.{key}": value for key, value in self.student.state_dict().items()}
        tensors |= optimiser_tensors(self.optimiser, "optimiser.")
        write_state(self.folder / STATE_FILE, tensors, {"step": self.step, "config": asdict(self.config)})

    def export(self, path: Path) -> None:
        """Writes the student's weights as safetensors, for the model's folder."""
        write_tensors({key: value.cpu() for key, value in self.student.state_dict().items()}, path)


@torch.inference_mode()
def frame_features(encoder: StreamingEncoder, audio: Tensor, ahead: int) -> Tensor:
    """Streamed features (B, T, width) of the frames of clips (B, 640 T), without frames whose lookahead is missing.

    Args:
        ahead: lookahead of the encoder in features of 20 ms.
    """
    voiced = audio.new_ones(len(audio))
    state = encoder.initial(len(audio))
    lookahead = ahead * FEATURE_HOP
    if lookahead:
        state = encoder.advance(state, audio[:, :lookahead], voiced)
    frames = []
    for start in range(lookahead, audio.shape[1] - HOP + 1, HOP):
        state = encoder.advance(state, audio[:, start : start + HOP], voiced)
        frames.append(encoder.read(state))
    return torch.stack(frames, 1)


@torch.inference_mode()
def feature_error(encoder: StreamingEncoder, teacher: Wav2Vec2Encoder, held_out: np.ndarray, batch: int = 8) -> float:
    """Relative error of an encoder's frame features on held-out clips: rms of the difference over rms variation.

    0 is the two-sided teacher over the whole clip; 1 is no better than the mean feature.
    """
    device = next(teacher.parameters()).device
    wrong = spread = 0.0
    for start in range(0, len(held_out), batch):
        audio = torch.from_numpy(held_out[start : start + batch]).to(device)
        features = frame_features(encoder, audio, encoder.ahead)
        pairs = encode_utterance(teacher, audio).unflatten(1, (-1, 2))
        # Without lookahead, only the first feature of a frame has its whole receptive field.
        target = (pairs.mean(2) if encoder.ahead else pairs[:, :, 0])[:, : features.shape[1]]
        first = SETTLING if features.shape[1] > 2 * SETTLING else 0
        wrong += (features - target)[:, first:].square().sum().item()
        spread += (target - target.mean((0, 1)))[:, first:].square().sum().item()
    return (wrong / spread) ** 0.5


def evaluate(
    teacher: Wav2Vec2Encoder, student: StudentEncoder, held_out: np.ndarray, window: int, folder: Path
) -> dict[str, float]:
    """Errors of the student and of truncation at the same lookahead; also written as JSON into the folder."""
    truncated = WindowEncoder(teacher, student.ahead * FEATURE_HOP, window).to(next(teacher.parameters()).device)
    errors = {
        "lookahead_ms": 20 * student.ahead,
        "truncation": feature_error(truncated, teacher, held_out),
        "student": feature_error(student, teacher, held_out),
    }
    (folder / "evaluation.json").write_text(json.dumps(errors, indent=2) + "\n")
    return errors
