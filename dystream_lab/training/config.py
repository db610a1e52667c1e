"""Settings of a training run."""

from dataclasses import dataclass


@dataclass(frozen=True)
class TrainingConfig:
    """Settings of a training run.

    Attributes:
        steps: batches in all, those for the self encoder alone included.
        batch: clips per batch.
        frames: length of a clip, 25 per second; longer than the model's window, so that its mask is trained.
        rate: highest learning rate; linear warm-up, then a cosine down to a twentieth.
        warmup: steps of the warm-up.
        average: decay of the exponential moving average of the weights, which is the model that is saved.
        encoder_steps: steps for the self encoder alone before each step for the whole model. They cost a third of it,
            and the lips depend on the self encoder.
        encoder_batch, encoder_frames: segments per batch of these steps, and frames per segment.
        seed: of weights, clips and noise.
        threads: CPU threads of the arithmetic.
        save_every: steps between two checkpoints.
        keep_every: steps between two copies of the weights under the name of the step, for `dystream average`.
        bfloat16: whether the forward pass is autocast to bfloat16 where the device has instructions for it.
        start: path of weights to begin with; "" for random ones. The scales of motion are always those of the corpus.
        device: "auto" (a GPU if PyTorch sees one), "cpu", "cuda" or "cuda:1".

    Raises:
        ValueError: `save_every` or `keep_every` is below 1.
    """

    steps: int = 12_000
    batch: int = 8
    frames: int = 225
    rate: float = 1e-3
    warmup: int = 100
    average: float = 0.998
    encoder_steps: int = 3
    encoder_batch: int = 12
    encoder_frames: int = 125
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
                raise ValueError(f"{name} is {getattr(self, name)}; accepted are 1 and more")
