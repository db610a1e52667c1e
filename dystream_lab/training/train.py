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

from dystream_lab.corpus.dataset import Clip, ConversationDataset
from dystream_lab.rates import HOP
from dystream_lab.speech.phones import PHONE_INDEX, PHONES, SILENCE
from dystream_lab.teacher.articulation import ARTICULATIONS
from dystream_lab.training.leakage import leaked
from dystream_lab.training.objective import Batch, Corruption, EarBatch, Objective
from dystream_lab.training.processes import Processes
from dystream_lab.training.variation import varied
from dystream_ros.models.compact import weights
from dystream_ros.models.compact.config import CompactConfig
from dystream_ros.models.compact.features import LogMel
from dystream_ros.models.compact.model import EVENTS, CompactModel

_CHECKPOINT = "checkpoint.pt"
_WEIGHTS = "model.safetensors"
# What a run may be continued with: other threads, more or fewer steps.
_CHANGEABLE = ("steps", "threads", "save_every", "keep_every", "start", "device")
_VALIDATION_CLIPS = 32
_ANYWHERE = 0.2  # share of the stretches for the ear that need hold no speech
_SPLICED = 0.25  # share of the stretches for the ear that go over into another voice in the middle of a word
_SPLICED_SHUT = 0.7  # share of those that do so as the other voice's lips shut
_SHUT = [PHONE_INDEX[phone] for phone, how in ARTICULATIONS.items() if how.contact == "lips"]
_FIELDS = (
    "step",
    "split",
    "total",
    "flow_speech",
    "flow_rest",
    "gap",
    "lips",
    "lips_gap",
    "lips_teeth",
    "phones",
    *EVENTS,
)


@dataclasses.dataclass(frozen=True)
class TrainingConfig:
    """Settings of a training run.

    Attributes:
        steps: batches in all, those for the ear alone among them.
        frames: length of a clip, 25 a second; longer than the model's window, so that its mask is trained.
        rate: highest learning rate; warmed up, then a cosine down to a twentieth.
        average: decay of the exponential moving average that is kept as the model.
        ear_steps: steps for the ear of the own voice alone before each step for the whole model: they cost a third of
            it, and what lips do not know yet is in the ear.
        ear_batch, ear_frames: their stretches of speech, and how long these are.
        threads: CPU threads of the arithmetic.
        device: "auto" (a GPU where there is one), "cpu", "cuda" or "cuda:1". Under torchrun each process has batches of
            its own and all have one gradient.
        keep_every: steps after which weights are also kept under the name of the step, to average (`dystream average`).
        start: path of weights to begin with; "" for random ones. The scales of motion are always this corpus's.
    """

    steps: int = 12_000
    batch: int = 8
    frames: int = 225
    rate: float = 1e-3
    warmup: int = 100
    average: float = 0.998
    ear_steps: int = 3
    ear_batch: int = 12
    ear_frames: int = 125
    seed: int = 0
    threads: int = 1
    save_every: int = 200
    keep_every: int = 2000
    bfloat16: bool = True
    start: str = ""
    device: str = "auto"

    def __post_init__(self) -> None:
        for name in ("save_every", "keep_every"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}; it has to be at least 1")


def train(
    corpus: Path,
    run: Path,
    config: TrainingConfig,
    model_config: CompactConfig,
    corruption: Corruption | None = None,
) -> Path:
    """Trains on a corpus and returns the path of the weights; continues what lies in `run`.

    `corruption` is how the past is falsified, when not as usual.

    Raises:
        ValueError: `run` holds a run with other settings, or there is no such device.
    """
    torch.set_num_threads(config.threads)
    processes = Processes.join(config.device)
    dataset = ConversationDataset(corpus, "train")
    trainer = Trainer(dataset, config, model_config, corruption, processes)
    if processes.leads:
        run.mkdir(parents=True, exist_ok=True)
    if (run / _CHECKPOINT).exists():
        trainer.restore(run / _CHECKPOINT)
    elif config.start:
        trainer.begin_with(Path(config.start))

    def batch_of(step: int) -> Batch | EarBatch:
        draw = step * processes.count + processes.rank
        if step % (config.ear_steps + 1) < config.ear_steps:
            return ear_batch(dataset, config, model_config, draw)
        return dataset_batch(dataset, config, model_config, draw, config.batch, vary=True)

    batches = prefetched(batch_of, trainer.step, config.steps)
    try:
        if processes.leads:
            _train_and_keep(trainer, batches, corpus, run)
        else:
            for batch in batches:
                trainer.descend(batch)
    finally:
        processes.leave()
    return run / _WEIGHTS


def _train_and_keep(trainer: "Trainer", batches: Iterator[Batch | EarBatch], corpus: Path, run: Path) -> None:
    """Descends the batches; writes log, checkpoints and weights, and shows the progress."""
    config = trainer.config
    held_out = ConversationDataset(corpus, "valid")
    validation = dataset_batch(held_out, config, trainer.model.config, step=0, clips=_VALIDATION_CLIPS, vary=False)
    with (
        _log_of(run).open("a", newline="") as file,
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
            if trainer.step % config.keep_every == 0:
                weights.save(trainer.averaged, run / f"step-{trainer.step:05d}.safetensors")


def _log_of(run: Path) -> Path:
    """Where the run's losses are. Raises ValueError where those of an earlier version are."""
    path = run / "log.csv"
    columns = path.read_text().partition("\n")[0].strip() if path.exists() else ""
    if columns not in ("", ",".join(_FIELDS)):
        raise ValueError(
            f"{path} has the columns of an earlier version; give another --run folder, and its weights as --start"
        )
    return path


class Trainer:
    """Model, its moving average, the optimiser and the count of steps."""

    def __init__(
        self,
        dataset: ConversationDataset,
        config: TrainingConfig,
        model_config: CompactConfig,
        corruption: Corruption | None = None,
        processes: Processes | None = None,
    ) -> None:
        torch.manual_seed(config.seed)
        self.config = config
        self.processes = processes = processes or Processes()
        self.model = CompactModel(model_config)
        self.model.space.fit(_motion_sample(dataset, config))
        self.objective = Objective(self.model, len(PHONES), corruption)
        self.averaged = CompactModel(model_config).eval()
        self.averaged.load_state_dict(self.model.state_dict())
        for module in (self.model, self.objective, self.averaged):
            module.to(processes.device)
        self.optimisers = _optimisers(config.rate, self.model, self.objective)
        self.step = 0

    def begin_with(self, path: Path) -> None:
        """Begins with the weights in a file instead of random ones.

        Raises:
            ModelError: they do not fit.
        """
        weights.begin_with(self.model, path)
        self.averaged.load_state_dict(self.model.state_dict())

    def descend(self, batch: Batch | EarBatch) -> dict[str, float]:
        """One step of the optimiser; returns the losses."""
        for optimiser in self.optimisers:
            for group in optimiser.param_groups:
                group["lr"] = self._rate()
        # Seeded by the step, so that a run that was stopped and one that was not draw the same noise.
        torch.manual_seed(self.config.seed * 1_000_003 + self.step * self.processes.count + self.processes.rank)
        device = self.processes.device
        batch = _moved(batch, device)
        with device, torch.autocast(device.type, torch.bfloat16, enabled=self.config.bfloat16):
            loss = self.objective.ear if isinstance(batch, EarBatch) else self.objective
            losses = loss(self.model, batch)
        for optimiser in self.optimisers:
            optimiser.zero_grad()
        losses["total"].backward()
        self.processes.average_gradients(self._parameters)
        nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        for optimiser in self.optimisers:
            optimiser.step()
        self.step += 1
        self._average()
        return {name: float(value.detach()) for name, value in losses.items()}

    @torch.no_grad()
    def losses(self, batch: Batch) -> dict[str, float]:
        """Losses of the averaged model on a batch, always with the same noise."""
        torch.manual_seed(self.config.seed)
        with self.processes.device:
            losses = self.objective(self.averaged, _moved(batch, self.processes.device))
        return {name: float(value) for name, value in losses.items()}

    def save(self, path: Path) -> None:
        """Writes everything that going on needs; a half-written file never takes the place of a whole one."""
        content = {
            "step": self.step,
            "config": dataclasses.asdict(self.config),
            "model_config": dataclasses.asdict(self.model.config),
            "model": self.model.state_dict(),
            "objective": self.objective.state_dict(),
            "averaged": self.averaged.state_dict(),
            "optimisers": [optimiser.state_dict() for optimiser in self.optimisers],
        }
        torch.save(content, path.with_suffix(".part"))
        path.with_suffix(".part").replace(path)

    def restore(self, path: Path) -> None:
        """Goes on from a checkpoint of this same run.

        Raises:
            ValueError: it was made with other settings.
        """
        content = torch.load(path, weights_only=True, map_location="cpu")
        if "optimisers" not in content:
            raise ValueError(
                f"{path} is a run of an earlier version; give another --run folder, and its weights as --start"
            )
        asked = {"model_config": dataclasses.asdict(self.model.config), "config": dataclasses.asdict(self.config)}
        for kind, settings in asked.items():
            for name, value in settings.items():
                if content[kind][name] != value and name not in _CHANGEABLE:
                    raise ValueError(
                        f"{path} was begun with {name}={content[kind][name]}, now {value} is asked; "
                        "give the same or another --run folder"
                    )
        for name in ("model", "objective", "averaged"):
            getattr(self, name).load_state_dict(content[name])
        for optimiser, state in zip(self.optimisers, content["optimisers"], strict=True):
            optimiser.load_state_dict(state)
        self.step = content["step"]

    @property
    def _parameters(self) -> list[nn.Parameter]:
        return [*self.model.parameters(), *self.objective.parameters()]

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


def _moved(batch: Batch | EarBatch, device: torch.device) -> Batch | EarBatch:
    """The batch on a device."""
    return type(batch)(*(getattr(batch, field.name).to(device) for field in dataclasses.fields(batch)))


def _optimisers(rate: float, *modules: nn.Module) -> list[torch.optim.Optimizer]:
    """Muon (Jordan et al. 2024) for the matrices of linear layers, AdamW for all else, at one learning rate.

    Muon came as far as AdamW in two thirds of the steps (docs/decisions.md). Only matrices decay.
    """
    linear = {layer.weight for module in modules for layer in module.modules() if isinstance(layer, nn.Linear)}
    others = [parameter for module in modules for parameter in module.parameters() if parameter not in linear]
    # In the order of the modules, which a checkpoint relies on.
    matrices = [parameter for module in modules for parameter in module.parameters() if parameter in linear]
    return [
        torch.optim.Muon(matrices, lr=rate, weight_decay=0.02, adjust_lr_fn="match_rms_adamw"),
        torch.optim.AdamW(others, lr=rate, betas=(0.9, 0.98), weight_decay=0.0),
    ]


def dataset_batch(
    dataset: ConversationDataset, config: TrainingConfig, model: CompactConfig, step: int, clips: int, vary: bool
) -> Batch:
    """The batch of a step: a function of the seed and the step alone; with voices varied or as they are."""
    rng = np.random.default_rng([config.seed, step])
    clips = [dataset.clip(rng, config.frames, model.lookahead) for _ in range(clips)]

    def stacked(name: str) -> torch.Tensor:
        return torch.from_numpy(np.stack([getattr(clip, name) for clip in clips]))

    own, partner = (np.stack([getattr(clip, name) for clip in clips]) for name in ("self_audio", "other_audio"))
    phones = np.stack([clip.phones for clip in clips])
    if vary:
        own = with_leaks(own, partner, phones, rng)
    heard = _heard(own, partner, config, model, step, vary)
    return Batch(*heard, stacked("motion"), torch.from_numpy(phones), stacked("event_ages"))


def ear_batch(dataset: ConversationDataset, config: TrainingConfig, model: CompactConfig, step: int) -> EarBatch:
    """The batch of a step for the ear alone, likewise; voices are varied."""
    rng = np.random.default_rng([config.seed, step])

    def stretch() -> Clip:
        choose = dataset.clip if rng.random() < _ANYWHERE else dataset.spoken
        return choose(rng, config.ear_frames, model.lookahead)

    clips = [stretch() for _ in range(config.ear_batch)]
    names = ("self_audio", "other_audio", "motion", "phones")
    own, partner, motion, phones = spliced(*(np.stack([getattr(clip, name) for clip in clips]) for name in names), rng)
    own = with_leaks(own, partner, phones, rng)
    heard = _heard(own, partner, config, model, step, vary=True)
    return EarBatch(*heard, torch.from_numpy(motion), torch.from_numpy(phones))


def with_leaks(own: np.ndarray, partner: np.ndarray, phones: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Own channels (B, n) into which the partners' (B, n), and music, leak now and then; phones (B, T) are the own."""
    speaks = (phones != PHONE_INDEX[SILENCE]).any(1)
    return np.stack([leaked(rng, *row) for row in zip(own, partner, speaks)])


def _heard(
    own: np.ndarray, partner: np.ndarray, config: TrainingConfig, model: CompactConfig, step: int, vary: bool
) -> list[torch.Tensor]:
    """Log-mels of both parties' channels (B, n), varied as the step draws it or as they are."""
    with torch.no_grad():
        mels = LogMel(model.mels)
        heard = [mels(torch.from_numpy(sound), mels.initial_state(len(sound)))[0] for sound in (own, partner)]
        if vary:
            draws = torch.Generator().manual_seed(config.seed * 1_000_003 + step)
            heard = [varied(features, draws) for features in heard]
    return heard


def spliced(
    own: np.ndarray, partner: np.ndarray, motion: np.ndarray, phones: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Stretches of which some go over into another: a voice that is cut off, or swapped.

    Both channels (B, 640 T + n), motion (B, T, 58) and phones (B, T) of the stretches, and the same of what became of
    them. Most go over where the lips of the second voice have just shut: nothing that was heard before foretells it.
    """
    given = own, partner, motion, phones
    result = tuple(part.copy() for part in given)
    for row in np.flatnonzero(rng.random(len(phones)) < _SPLICED):
        other = int(rng.integers(len(phones)))
        shut = np.isin(phones[other], _SHUT)
        begins = np.flatnonzero(shut[1:] & ~shut[:-1]) + 1
        at = int(rng.integers(1, phones.shape[1]))
        if len(begins) and rng.random() < _SPLICED_SHUT:
            at = int(begins[rng.integers(len(begins))])
        for made, part, unit in zip(result, given, (HOP, HOP, 1, 1)):
            made[row, at * unit :] = part[other, at * unit :]
    return result


def _motion_sample(dataset: ConversationDataset, config: TrainingConfig, clips: int = 400) -> torch.Tensor:
    """Motion (clips, T, 58) from all over the corpus, for the scales of its numbers."""
    rng = np.random.default_rng(config.seed)
    return torch.from_numpy(np.stack([dataset.clip(rng, config.frames, 0).motion for _ in range(clips)]))


def prefetched(make: Callable[[int], Batch | EarBatch], first: int, stop: int) -> Iterator[Batch | EarBatch]:
    """Batches of the steps first..stop, made one ahead in a thread; its failure is raised here."""
    ready: queue.Queue[Batch | EarBatch | BaseException] = queue.Queue(maxsize=2)
    stopped = threading.Event()

    def produce() -> None:
        for step in range(first, stop):
            try:
                item: Batch | EarBatch | BaseException = make(step)
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
