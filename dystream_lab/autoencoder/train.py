"""The training loop of the autoencoder. It may be interrupted at any step; the same call resumes it.

A run folder has

- `checkpoint.safetensors` for resuming,
- `renderer.safetensors`: the averaged weights, in the format of the model family `released`,
- `log.csv` and `curves.png`: losses of training, and PSNR and SSIM of validation,
- `samples/STEP.png`: faces of the validation clips.

A resumed run ends with the same weights, to the bit, as an uninterrupted one on the same machine.
"""

from collections.abc import Sequence
from pathlib import Path

import cv2
import torch
from safetensors.torch import load_file

from dystream_lab.autoencoder import export
from dystream_lab.autoencoder.batches import FaceBatch, StepBatches, face_batch
from dystream_lab.autoencoder.config import AutoencoderTraining
from dystream_lab.autoencoder.data.clips import ClipFolder
from dystream_lab.autoencoder.growing import starting_weights
from dystream_lab.autoencoder.measures.pictures import psnr, ssim
from dystream_lab.autoencoder.sheet import as_pictures, painted_by, sample_sheet, write_picture
from dystream_lab.autoencoder.trainer import AutoencoderTrainer
from dystream_lab.training import checkpoint
from dystream_lab.training.curves import draw_curves
from dystream_lab.training.loading import batches
from dystream_lab.training.loop import descend_and_save
from dystream_lab.training.processes import Processes
from dystream_ros.models.released.files.conversion import RENDERER_FILE
from dystream_ros.models.released.files.weights import renderer_file
from dystream_ros.models.released.networks.autoencoder import Autoencoder
from dystream_ros.models.released.networks.autoencoder_configuration import AutoencoderConfig

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
    processes.take(run)
    if not checkpoint.resume(trainer, run) and config.start:
        trainer.begin_with(starting_weights(load_file(str(renderer_file(Path(config.start)))), network))
    loaded = batches(StepBatches(clips, config, network.image, processes), trainer.step, config.steps)
    try:
        if processes.leads:
            descend_and_save(trainer, loaded, run, COLUMNS, _Saving(trainer, clips, held_out, run))
        else:
            for batch in loaded:
                trainer.descend(batch)
    finally:
        processes.leave()
    return run / RENDERER_FILE  # written by the first process, which the others do not wait for


class _Saving:
    """Weights, faces of the validation clips and curves at each checkpoint."""

    def __init__(self, trainer: AutoencoderTrainer, clips: ClipFolder, held_out: ClipFolder, run: Path) -> None:
        self._trainer, self._run = trainer, run
        config, size = trainer.config, trainer.sizes.image
        self._settling = [face_batch(clips, config, size, -1 - number & 0xFFFFFF) for number in range(_SETTLING)]
        self._validation = [face_batch(held_out, config, size, number) for number in range(-(-_SHOWN // config.batch))]
        self._networks: Autoencoder | None = None

    def keep(self, step: int) -> None:
        """No copies are kept."""

    def write(self) -> None:
        trainer = self._trainer
        state = {key: value.cpu() for key, value in trainer.average.module.state_dict().items()}
        self._networks = export.settled(state, trainer.sizes, self._settling)
        export.write(self._networks, self._run, trainer.step)

    def write_missing(self) -> None:
        """Weights that are there stay: motion codes are refused when the file of weights is another."""
        if export.written_step(self._run) != self._trainer.step:
            self.write()

    def measure(self) -> dict[str, dict[str, float]]:
        assert self._networks is not None
        return {"valid": _validate(self._networks, self._validation)}

    def draw(self) -> None:
        assert self._networks is not None
        path = self._run / "samples" / f"{self._trainer.step:06d}.png"
        write_picture(path, sample_sheet(self._networks, self._validation[0]))
        draw_curves(self._run, "curves.png")


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
