"""The training loop of the autoencoder. It may be interrupted at any step; the same call resumes it.

A run folder has

- `checkpoint.safetensors` for resuming,
- `renderer.safetensors`: the averaged weights, in the format of the model family `released`,
- `log.csv` and `curves.png`: losses of training, and PSNR and SSIM of validation,
- `samples/STEP.png`: faces of the validation clips.

A resumed run ends with the same weights, to the bit, as an uninterrupted one on the same machine.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

import cv2
import torch
from safetensors.torch import load_file
from tqdm import tqdm

from dystream_lab.autoencoder import checkpoint, export
from dystream_lab.autoencoder.batches import FaceBatch, StepBatches, face_batch
from dystream_lab.autoencoder.config import AutoencoderTraining
from dystream_lab.autoencoder.data.clips import ClipFolder
from dystream_lab.autoencoder.growing import starting_weights
from dystream_lab.autoencoder.measures.pictures import psnr, ssim
from dystream_lab.autoencoder.sheet import as_pictures, painted_by, sample_sheet, write_picture
from dystream_lab.autoencoder.trainer import AutoencoderTrainer
from dystream_lab.training.curves import draw_curves
from dystream_lab.training.loading import batches
from dystream_lab.training.loss_log import open_log
from dystream_lab.training.processes import Processes
from dystream_ros.models.released.files.conversion import RENDERER_FILE
from dystream_ros.models.released.files.weights import renderer_file
from dystream_ros.models.released.networks.autoencoder import Autoencoder
from dystream_ros.models.released.networks.autoencoder_configuration import AutoencoderConfig

CHECKPOINT = "checkpoint.safetensors"
COLUMNS = (
    "step", "split", "total", "pixel", "perceptual", "gradient", "structure", "equivariance", "cross", "adversarial",
    "discriminator", "psnr", "ssim",
)  # fmt: skip
_SETTLING = 4  # batches to measure the statistics of the batch norms with
_SHOWN = 8  # validation samples in a picture


def train(folders: Sequence[Path], run: Path, config: AutoencoderTraining, network: AutoencoderConfig) -> Path:
    """Trains on folders of clips, or resumes the run in a folder.

    Returns:
        The path of the weights.

    Raises:
        FileNotFoundError: a folder has no clips.
        ModelError: the weights to begin with are missing.
        ValueError: the run in the folder has other settings, there is no such device, or the weights do not fit.
    """
    torch.set_num_threads(config.threads)
    cv2.setNumThreads(1)
    processes = Processes.join(config.device)
    clips, held_out = ClipFolder(folders, "train"), ClipFolder(folders, "valid")
    trainer = AutoencoderTrainer(config, network, processes)
    if processes.leads:
        run.mkdir(parents=True, exist_ok=True)
    if (run / CHECKPOINT).exists():
        checkpoint.restore(trainer, run / CHECKPOINT)
    elif config.start:
        trainer.begin_with(starting_weights(load_file(str(renderer_file(Path(config.start)))), network))
    loaded = batches(StepBatches(clips, config, network.image, processes), trainer.step, config.steps)
    try:
        if processes.leads:
            _descend_and_save(trainer, loaded, clips, held_out, run)
        else:
            for batch in loaded:
                trainer.descend(batch)
    finally:
        processes.leave()
    return run / RENDERER_FILE  # written by the first process, which the others do not wait for


def _descend_and_save(
    trainer: AutoencoderTrainer, loaded: Iterable[FaceBatch], clips: ClipFolder, held_out: ClipFolder, run: Path
) -> None:
    """Descends the batches; writes log, checkpoints, weights and pictures, and shows the progress."""
    config, network = trainer.config, trainer.autoencoder.config
    settling = [face_batch(clips, config, network.image, -1 - number & 0xFFFFFF) for number in range(_SETTLING)]
    validation = [face_batch(held_out, config, network.image, number) for number in range(-(-_SHOWN // config.batch))]
    with (
        open_log(run, COLUMNS) as log,
        tqdm(total=config.steps, initial=trainer.step, desc="train", disable=None) as bar,
    ):
        for batch in loaded:
            losses = trainer.descend(batch)
            bar.update()
            bar.set_postfix({name: f"{value:.3f}" for name, value in losses.items()})
            log.write(trainer.step, "train", losses)
            if trainer.step % config.save_every == 0 or trainer.step == config.steps:
                state = {key: value.cpu() for key, value in trainer.average.module.state_dict().items()}
                networks = export.settled(state, network, settling)
                log.write(trainer.step, "valid", _validate(networks, validation))
                log.flush()
                checkpoint.save(trainer, run / CHECKPOINT)
                export.write(networks, run, f"dystream train-autoencoder, step {trainer.step}")
                write_picture(run / "samples" / f"{trainer.step:06d}.png", sample_sheet(networks, validation[0]))
                draw_curves(run, "curves.png")


def _validate(networks: Autoencoder, batches: Sequence[FaceBatch]) -> dict[str, float]:
    """PSNR and SSIM of the painted pictures of some batches."""
    pairs = [
        pair
        for batch in batches
        for pair in zip(as_pictures(painted_by(networks, batch)), as_pictures(batch.target), strict=True)
    ]
    return {
        "psnr": sum(psnr(*pair) for pair in pairs) / len(pairs),
        "ssim": sum(ssim(*pair) for pair in pairs) / len(pairs),
    }
