"""The training loop of a strategy on stored batches. An interrupted training is resumed by the same call."""

from dataclasses import asdict
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import nn
from tqdm import tqdm

from dystream_lab.training.causal.lip_network import Learner, LipNetwork
from dystream_lab.training.causal.packs import Batches
from dystream_lab.training.config import TrainingConfig
from dystream_lab.training.optimisation import averaged, learning_rate, optimisers
from dystream_lab.training.state_file import (
    below,
    optimiser_tensors,
    read_state,
    refuse_former,
    restore_optimiser,
    write_state,
)
from dystream_ros.models.tensor_file import write_tensors

_CHECKPOINT, _FORMER = "checkpoint.safetensors", "checkpoint.pt"
_WEIGHTS = "network.safetensors"


def fit(learner: Learner, batches: Batches, run: Path, config: TrainingConfig, label: str) -> None:
    """Trains a learner, or loads the weights of the run that ended in this folder.

    Afterwards `learner.network` has the averaged weights.

    Args:
        learner: also a module; its weights are initialised by `config.seed` before.
        batches: of the steps.
        run: folder of the run.
        config: steps, rate, warm-up, average, seed and the steps between two checkpoints.
        label: of the progress bar.

    Raises:
        ValueError: the run in the folder has other settings.
    """
    assert isinstance(learner, nn.Module)
    run.mkdir(parents=True, exist_ok=True)
    if not (run / _WEIGHTS).exists():
        _descend(learner, batches, run, config, label)
    load(learner.network, run)


def load(network: LipNetwork, run: Path) -> LipNetwork:
    """A network with the weights of a run that has ended, in evaluation mode."""
    network.load_state_dict(load_file(run / _WEIGHTS))
    return network.eval()


def _descend(learner: nn.Module, batches: Batches, run: Path, config: TrainingConfig, label: str) -> None:
    average = averaged(learner.network, config.average)
    optimising = optimisers(config.rate, learner)
    first = _restore(run, config, learner, average, optimising)
    with tqdm(total=config.steps, initial=first, desc=label, unit="step", disable=None) as bar:
        for step in range(first, config.steps):
            torch.manual_seed(config.seed * 1_000_003 + step)  # a resumed training draws the same noise
            for optimiser in optimising:
                optimiser.zero_grad()
                for group in optimiser.param_groups:
                    group["lr"] = learning_rate(config, step)
            losses = learner.loss(batches.batch(step))
            losses["total"].backward()
            nn.utils.clip_grad_norm_(learner.parameters(), 1.0)
            for optimiser in optimising:
                optimiser.step()
            average.update_parameters(learner.network)
            bar.update()
            bar.set_postfix({name: f"{float(value.detach()):.3f}" for name, value in losses.items()}, refresh=False)
            if (step + 1) % config.save_every == 0 and step + 1 < config.steps:
                _save(run, step + 1, config, learner, average, optimising)
    write_tensors(average.module.state_dict(), run / _WEIGHTS)
    (run / _CHECKPOINT).unlink(missing_ok=True)


def _save(
    run: Path, step: int, config: TrainingConfig, learner: nn.Module, average: nn.Module, optimising: list
) -> None:
    tensors = {f"learner.{name}": value for name, value in learner.state_dict().items()}
    tensors |= {f"average.{name}": value for name, value in average.state_dict().items()}
    for number, optimiser in enumerate(optimising):
        tensors |= optimiser_tensors(optimiser, f"optimiser.{number}.")
    write_state(run / _CHECKPOINT, tensors, {"step": step, "config": asdict(config)})


def _restore(run: Path, config: TrainingConfig, learner: nn.Module, average: nn.Module, optimising: list) -> int:
    """Loads the checkpoint of a folder, if it has one; returns the number of steps done."""
    path = run / _CHECKPOINT
    if not path.exists():
        refuse_former(run / _FORMER)
        return 0
    tensors, content = read_state(path)
    if content["config"] != asdict(config):
        raise ValueError(f"{path} was begun with other settings; give the same, or another --runs folder")
    learner.load_state_dict(below(tensors, "learner."))
    average.load_state_dict(below(tensors, "average."))
    for number, optimiser in enumerate(optimising):
        restore_optimiser(optimiser, tensors, f"optimiser.{number}.")
    return content["step"]
