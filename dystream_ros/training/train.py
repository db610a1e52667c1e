"""Training of the compact model: a loop that can be stopped anywhere and goes on where it was."""

import csv
import dataclasses
import math
import queue
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
from torch import nn
from tqdm import tqdm

from dystream_ros.models.compact import weights
from dystream_ros.models.compact.config import CompactConfig
from dystream_ros.models.compact.features import LogMel
from dystream_ros.models.compact.model import CompactModel
from dystream_ros.training.dataset import ConversationDataset
from dystream_ros.training.objective import Batch, Objective
from dystream_ros.training.phones import PHONES
from dystream_ros.training.variation import varied

_CHECKPOINT = "checkpoint.pt"
_WEIGHTS = "model.safetensors"
# What a run may be continued with: other threads, more or fewer steps.
_CHANGEABLE = ("steps", "threads", "save_every", "start")
_VALIDATION_CLIPS = 32
_FIELDS = ("step", "split", "total", "flow_speech", "flow_rest", "gap", "lips", "phones")


@dataclasses.dataclass(frozen=True)
class TrainingConfig:
    """Settings of a training run.

    Attributes:
        frames: length of a clip, 25 a second; longer than the model's window, so that its mask is trained.
        rate: highest learning rate; warmed up, then a cosine down to a twentieth.
        average: decay of the exponential moving average that is kept as the model.
        threads: CPU threads of the arithmetic.
        start: path of weights to begin with; "" for random ones. The scales of motion are always this corpus's.
    """

    steps: int = 3000
    batch: int = 8
    frames: int = 225
    rate: float = 1.5e-3
    warmup: int = 100
    average: float = 0.998
    seed: int = 0
    threads: int = 1
    save_every: int = 200
    bfloat16: bool = True
    start: str = ""


def train(corpus: Path, run: Path, config: TrainingConfig, model_config: CompactConfig) -> Path:
    """Trains on a corpus and returns the path of the weights; continues what lies in `run`.

    Raises:
        ValueError: `run` holds a run with other settings.
    """
    torch.set_num_threads(config.threads)
    dataset = ConversationDataset(corpus, "train")
    trainer = Trainer(dataset, config, model_config)
    run.mkdir(parents=True, exist_ok=True)
    if (run / _CHECKPOINT).exists():
        trainer.restore(run / _CHECKPOINT)
    elif config.start:
        trainer.begin_with(Path(config.start))

    def batch_of(step: int) -> Batch:
        return dataset_batch(dataset, config, model_config, step, config.batch, vary=True)

    batches = prefetched(batch_of, trainer.step, config.steps)
    held_out = ConversationDataset(corpus, "valid")
    validation = dataset_batch(held_out, config, model_config, step=0, clips=_VALIDATION_CLIPS, vary=False)
    with (
        (run / "log.csv").open("a", newline="") as file,
        tqdm(total=config.steps, initial=trainer.step, desc="train", disable=None) as bar,
    ):
        log = csv.DictWriter(file, _FIELDS)
        if not file.tell():
            log.writeheader()
        for batch in batches:
            losses = trainer.descend(batch)
            bar.update()
            bar.set_postfix({name: f"{value:.3f}" for name, value in losses.items()})
            log.writerow({"step": trainer.step, "split": "train", **losses})
            if trainer.step % config.save_every == 0 or trainer.step == config.steps:
                log.writerow({"step": trainer.step, "split": "valid", **trainer.losses(validation)})
                file.flush()
                trainer.save(run / _CHECKPOINT)
                weights.save(trainer.averaged, run / _WEIGHTS)
    return run / _WEIGHTS


class Trainer:
    """Model, its moving average, the optimiser and the count of steps."""

    def __init__(self, dataset: ConversationDataset, config: TrainingConfig, model_config: CompactConfig) -> None:
        torch.manual_seed(config.seed)
        self.config = config
        self.model = CompactModel(model_config)
        self.model.space.fit(_motion_sample(dataset, config))
        self.objective = Objective(self.model, len(PHONES))
        self.averaged = CompactModel(model_config).eval()
        self.averaged.load_state_dict(self.model.state_dict())
        self.optimiser = torch.optim.AdamW(_decay_groups(self.model, self.objective), lr=config.rate, betas=(0.9, 0.98))
        self.step = 0

    def begin_with(self, path: Path) -> None:
        """Begins with the weights in a file instead of random ones.

        Raises:
            ModelError: they do not fit.
        """
        weights.begin_with(self.model, path)
        self.averaged.load_state_dict(self.model.state_dict())

    def descend(self, batch: Batch) -> dict[str, float]:
        """One step of the optimiser; returns the losses."""
        for group in self.optimiser.param_groups:
            group["lr"] = self._rate()
        # Seeded by the step, so that a run that was stopped and one that was not draw the same noise.
        torch.manual_seed(self.config.seed * 1_000_003 + self.step)
        with torch.autocast("cpu", torch.bfloat16, enabled=self.config.bfloat16):
            losses = self.objective(self.model, batch)
        self.optimiser.zero_grad()
        losses["total"].backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimiser.step()
        self.step += 1
        self._average()
        return {name: float(value.detach()) for name, value in losses.items()}

    @torch.no_grad()
    def losses(self, batch: Batch) -> dict[str, float]:
        """Losses of the averaged model on a batch, always with the same noise."""
        torch.manual_seed(self.config.seed)
        return {name: float(value) for name, value in self.objective(self.averaged, batch).items()}

    def save(self, path: Path) -> None:
        """Writes everything that going on needs; a half-written file never takes the place of a whole one."""
        content = {
            "step": self.step,
            "config": dataclasses.asdict(self.config),
            "model_config": dataclasses.asdict(self.model.config),
            "model": self.model.state_dict(),
            "objective": self.objective.state_dict(),
            "averaged": self.averaged.state_dict(),
            "optimiser": self.optimiser.state_dict(),
        }
        torch.save(content, path.with_suffix(".part"))
        path.with_suffix(".part").replace(path)

    def restore(self, path: Path) -> None:
        """Goes on from a checkpoint of this same run.

        Raises:
            ValueError: it was made with other settings.
        """
        content = torch.load(path, weights_only=True)
        asked = {"model_config": dataclasses.asdict(self.model.config), "config": dataclasses.asdict(self.config)}
        for kind, settings in asked.items():
            for name, value in settings.items():
                if content[kind][name] != value and name not in _CHANGEABLE:
                    raise ValueError(
                        f"{path} was begun with {name}={content[kind][name]}, now {value} is asked; "
                        "give the same or another --run folder"
                    )
        for name in ("model", "objective", "averaged", "optimiser"):
            getattr(self, name).load_state_dict(content[name])
        self.step = content["step"]

    def _rate(self) -> float:
        config = self.config
        if self.step < config.warmup:
            return config.rate * (self.step + 1) / config.warmup
        progress = (self.step - config.warmup) / max(1, config.steps - config.warmup)
        return config.rate * (0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * min(1.0, progress))))

    @torch.no_grad()
    def _average(self) -> None:
        # A young average forgets fast, or it would hold the random start for a thousand steps.
        decay = min(self.config.average, (1 + self.step) / (10 + self.step))
        for mean, value in zip(self.averaged.parameters(), self.model.parameters()):
            mean.lerp_(value, 1 - decay)


def _decay_groups(*modules: nn.Module) -> list[dict]:
    """Parameter groups: matrices decay, vectors (biases, norms, distances) do not."""
    parameters = [parameter for module in modules for parameter in module.parameters()]
    return [
        {"params": [p for p in parameters if p.ndim >= 2], "weight_decay": 0.02},
        {"params": [p for p in parameters if p.ndim < 2], "weight_decay": 0.0},
    ]


def dataset_batch(
    dataset: ConversationDataset, config: TrainingConfig, model: CompactConfig, step: int, clips: int, vary: bool
) -> Batch:
    """The batch of a step: a function of the seed and the step alone; with voices varied or as they are."""
    rng = np.random.default_rng([config.seed, step])
    clips = [dataset.clip(rng, config.frames, model.lookahead) for _ in range(clips)]

    def stacked(name: str) -> torch.Tensor:
        return torch.from_numpy(np.stack([getattr(clip, name) for clip in clips]))

    with torch.no_grad():
        mels = LogMel(model.mels)
        heard = [mels(stacked(name), mels.initial_state(len(clips)))[0] for name in ("self_audio", "other_audio")]
        if vary:
            draws = torch.Generator().manual_seed(config.seed * 1_000_003 + step)
            heard = [varied(features, draws) for features in heard]
    return Batch(*heard, stacked("motion"), stacked("phones"))


def _motion_sample(dataset: ConversationDataset, config: TrainingConfig, clips: int = 400) -> torch.Tensor:
    """Motion (clips, T, 58) from all over the corpus, for the scales of its numbers."""
    rng = np.random.default_rng(config.seed)
    return torch.from_numpy(np.stack([dataset.clip(rng, config.frames, 0).motion for _ in range(clips)]))


def prefetched(make: Callable[[int], Batch], first: int, stop: int) -> Iterator[Batch]:
    """Batches of the steps first..stop, made one ahead in a thread; its failure is raised here."""
    ready: queue.Queue[Batch | BaseException] = queue.Queue(maxsize=2)
    stopped = threading.Event()

    def produce() -> None:
        for step in range(first, stop):
            try:
                item: Batch | BaseException = make(step)
            except BaseException as error:
                item = error
            while not stopped.is_set():
                try:
                    ready.put(item, timeout=0.5)
                    break
                except queue.Full:
                    continue
            if stopped.is_set() or isinstance(item, BaseException):
                return

    threading.Thread(target=produce, daemon=True).start()
    try:
        for _ in range(first, stop):
            item = ready.get()
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        stopped.set()
