"""The training loop of the published generator. It may be interrupted at any step; the same call resumes it.

A run folder has `checkpoint.safetensors` (resuming), `log.csv` and `losses.png`, `voiced/` (decisions of the gate), and
`model/`, the folder that `model:=` takes, with the averaged weights of the last checkpoint.
"""

import dataclasses
import math
from dataclasses import dataclass
from pathlib import Path

import torch

from dystream_lab.corpus.dataset import ConversationDataset
from dystream_lab.published.batches import ClipBatches
from dystream_lab.published.config import Preset
from dystream_lab.published.folder import write_model
from dystream_lab.published.free_running import MEASURES, free_running, held_out_clips
from dystream_lab.published.initial import begin_encoders
from dystream_lab.published.motions import (
    MotionSpace,
    check_origin,
    keep_clips_with_latents,
    latent_readout,
    latent_space,
    named_readout,
    named_space,
)
from dystream_lab.published.trainer import PublishedTrainer
from dystream_lab.published.voicing import Voicing
from dystream_lab.training import checkpoint
from dystream_lab.training.curves import draw_curves
from dystream_lab.training.loading import batches
from dystream_lab.training.loop import descend_and_save
from dystream_lab.training.processes import Processes
from dystream_ros.models.registry import load_model
from dystream_ros.models.released.files.readout import Readout

COLUMNS = ("step", "split", "total", "flow", "phones", "readout", *MEASURES)
MODEL = "model"
_VALIDATION_CLIPS = 16
_FREE_CLIPS, _FREE_FRAMES = 4, 250


@dataclass(frozen=True)
class Sources:
    """What a run reads.

    Attributes:
        corpus: folder of the corpus.
        latents: folder of latents; None for named coefficients.
        stage1: folder of the autoencoder that made them.
        encoder_weights: wav2vec 2.0 as safetensors to begin both encoders with; None for random weights.
    """

    corpus: Path
    latents: Path | None = None
    stage1: Path | None = None
    encoder_weights: Path | None = None


def train(sources: Sources, run: Path, preset: Preset) -> Path:
    """Trains on a corpus, or resumes the run in a folder.

    Args:
        sources: corpus, latents, weights to begin with.
        run: folder of the run.
        preset: sizes and settings; the size of the motion is that of the data.

    Returns:
        The model folder.

    Raises:
        FileNotFoundError: there is no corpus, or there are no latents.
        ModelError: the folder of stage 1 has no weights.
        ValueError: the run in the folder has other settings, weights do not fit, or no clip is long enough.
    """
    config = preset.training
    torch.set_num_threads(config.threads)
    processes = Processes.join(config.device)
    dataset, held_out = (ConversationDataset(sources.corpus, split) for split in ("train", "valid"))
    # Checked here, because an error in the loader's worker process is reported with a traceback.
    for clips in (dataset, held_out):
        clips.require(config.frames, config.lookahead)
    space = _space(sources, dataset, preset)
    if sources.latents is not None:
        keep_clips_with_latents(sources.latents, held_out)
    preset = preset.with_motion(space.size)
    trainer = PublishedTrainer(preset, processes)
    trainer.objective.scale.copy_(torch.from_numpy(space.scale))
    processes.take(run)
    if not checkpoint.resume(trainer, run) and sources.encoder_weights is not None:
        begin_encoders(trainer.model, sources.encoder_weights)
        trainer.begun()
    space = dataclasses.replace(space, scale=trainer.objective.scale.cpu().numpy().copy())
    readout = _readout(sources, space, dataset, preset)
    voicing = Voicing(sources.corpus, run, config.lookahead)
    loaded = batches(
        ClipBatches(dataset, space, voicing, config, processes), trainer.step, config.steps, config.workers
    )
    try:
        if processes.leads:
            saving = _Saving(trainer, preset, space, readout, held_out, voicing, run, sources.stage1)
            descend_and_save(trainer, loaded, run, COLUMNS, saving)
        else:
            for batch in loaded:
                trainer.descend(batch)
    finally:
        processes.leave()
    return run / MODEL


def _space(sources: Sources, dataset: ConversationDataset, preset: Preset) -> MotionSpace:
    config = preset.training
    if sources.latents is None:
        return named_space(dataset, config.frames, config.seed)
    if sources.stage1 is not None:
        check_origin(sources.latents, sources.stage1)
    return latent_space(sources.latents, dataset, config.frames, config.seed)


def _readout(sources: Sources, space: MotionSpace, dataset: ConversationDataset, preset: Preset) -> Readout:
    if sources.stage1 is None:
        return named_readout(space)
    from dystream_ros.models.released.files.weights import load_autoencoder

    affine = load_autoencoder(sources.stage1).flow_estimator.affine()
    return latent_readout(space, dataset, *affine, preset.training.frames, preset.training.seed)


class _Saving:
    """What happens at each checkpoint: the model folder and the losses of validation, then the curves."""

    def __init__(
        self,
        trainer: PublishedTrainer,
        preset: Preset,
        space: MotionSpace,
        readout: Readout,
        held_out: ConversationDataset,
        voicing: Voicing,
        run: Path,
        stage1: Path | None,
    ) -> None:
        self._trainer, self._preset, self._space, self._readout = trainer, preset, space, readout
        self._run, self._stage1 = run, stage1
        self._validation = ClipBatches(held_out, space, voicing, preset.training).clips(_VALIDATION_CLIPS)
        self._free = held_out_clips(held_out, _FREE_CLIPS, _FREE_FRAMES)

    def write(self) -> None:
        """The model folder, with the averaged weights."""
        average = self._trainer.average.module
        write_model(self._run / MODEL, average, self._preset, self._space, self._readout, self._stage1)

    write_missing = write

    def measure(self) -> dict[str, dict[str, float]]:
        """Losses of validation, and sometimes measures of the model folder in free running."""
        trainer, config = self._trainer, self._preset.training
        lines = {"valid": trainer.validate(self._validation)}
        whole = trainer.step > config.encoder_steps  # before, the network is random
        if whole and (trainer.step % config.validate_every == 0 or trainer.step == config.steps):
            measured = free_running(load_model(str(self._run / MODEL)).network, self._free)
            lines["free"] = {name: value for name, value in measured.items() if not math.isnan(value)}
        return lines

    def draw(self) -> None:
        """The curves."""
        draw_curves(self._run)

    def keep(self, step: int) -> None:
        """No copies are kept."""
