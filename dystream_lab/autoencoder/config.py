"""Settings of a training of the autoencoder."""

from dataclasses import dataclass

ADVERSARIAL = ("none", "nonsaturating", "hinge")
PRECISIONS = ("float32", "bfloat16")


@dataclass(frozen=True)
class AutoencoderTraining:
    """Settings of a training of the autoencoder.

    "Published" marks the values of the paper's training as far as they are known; the others are choices of this
    project (docs/training.md).

    Attributes:
        steps: batches in all.
        batch: samples per batch and process (published: 12).
        rate, betas: of AdamW without decay for the four networks (published: 1e-4; 0.9, 0.999).
        discriminator_rate, discriminator_betas: the same for the discriminator (published: 2e-3 x 16/17; 0, 0.9906).
        warmup: steps of a linear warm-up of both rates.
        settle: share of the steps, at the end, over which the rates fall to a twentieth by a cosine; 0 keeps them.
        average: decay of the moving average of the weights, which are the weights that are saved.
        pixel: weight of the mean absolute difference (published: 1).
        perceptual: weight of the VGG features when their weights are given (published: 2).
        gradient, structure: weights of the multi-scale gradients and of 1 - SSIM, which replace the perceptual loss
            when no VGG weights are given.
        face: weight of the pixels of eyes and mouth over that of the others, minus 1.
        adversarial: one of `ADVERSARIAL` (published: nonsaturating), with weight `adversarial_weight` (published: 0.2)
            from step `adversarial_from` on.
        equivariance: weight; 0 switches it off.
        cross: weight of the identity of faces that other persons drive, on clips without a true picture.
        cross_every: steps between two such batches.
        driven: share of samples that are driven by another face of their set, whose true picture is known.
        crop: least and largest crop in training, in longer sides of the landmarks' box; 1.6 in use.
        flip: whether half of the samples are mirrored (published).
        least_gap: frames, at 25 per second, between the source and the target (published: 10).
        jitter: standard deviation of the gain of the driving picture's colours.
        seed: of weights, samples and noise.
        threads: CPU threads of the arithmetic.
        save_every: steps between two checkpoints.
        precision: of encoders and decoder, one of `PRECISIONS`; the warp stays in float32. float16 gives NaN in the
            SPADE decoder.
        device: "auto" (a GPU if PyTorch sees one), "cpu", "cuda" or "cuda:1".
        start: a run folder whose weights training begins with; "" for random ones. It may be of half the size.
        vgg: safetensors of VGG19's features; "" without.

    Raises:
        ValueError: a value that is not accepted.
    """

    steps: int
    batch: int = 12
    rate: float = 1e-4
    betas: tuple[float, float] = (0.9, 0.999)
    discriminator_rate: float = 2e-3 * 16 / 17
    discriminator_betas: tuple[float, float] = (0.0, 0.9906)
    warmup: int = 100
    settle: float = 0.0
    average: float = 0.999
    pixel: float = 1.0
    perceptual: float = 2.0
    gradient: float = 1.0
    structure: float = 0.5
    face: float = 2.0
    adversarial: str = "nonsaturating"
    adversarial_weight: float = 0.2
    adversarial_from: int = 0
    equivariance: float = 1.0
    cross: float = 0.1
    cross_every: int = 4
    driven: float = 0.5
    crop: tuple[float, float] = (1.5, 1.7)
    flip: bool = True
    least_gap: int = 10
    jitter: float = 0.1
    seed: int = 0
    threads: int = 1
    save_every: int = 200
    precision: str = "float32"
    device: str = "auto"
    start: str = ""
    vgg: str = ""

    def __post_init__(self) -> None:
        for name in ("steps", "batch", "save_every", "cross_every", "threads"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}; accepted are 1 and more")
        if self.precision not in PRECISIONS:
            reason = " (float16 gives NaN in the SPADE decoder)" if self.precision == "float16" else ""
            raise ValueError(f"the precision is one of {', '.join(PRECISIONS)}; got {self.precision!r}{reason}")
        if self.adversarial not in ADVERSARIAL:
            raise ValueError(f"the adversarial loss is one of {', '.join(ADVERSARIAL)}; got {self.adversarial!r}")
