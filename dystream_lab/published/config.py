"""Settings of a training run of the published motion generator, and its presets."""

import dataclasses
from dataclasses import dataclass, field

from dystream_ros.models.guidance import Guidance
from dystream_ros.models.released.networks.configuration import EncoderConfig, GeneratorConfig
from dystream_ros.models.released.networks.sampling import PUBLISHED_GUIDANCE

OPTIMISERS = ("adamw", "muon")


@dataclass(frozen=True)
class PublishedConfig:
    """Settings of a training run. The defaults are those of the published trainer, as far as they are known.

    Attributes:
        steps: batches in all, those for the encoder alone included.
        batch: clips per batch.
        frames: length of a clip; also the window of the network.
        rate: learning rate after the warm-up; the published one is not known.
        warmup: steps of the linear warm-up.
        decay: whether the rate falls as a cosine to a twentieth after the warm-up; constant as published.
        optimiser: "adamw" (published) or "muon" for the matrices of linear layers, with AdamW for the rest.
        weight_decay: of AdamW.
        average: decay of the exponential moving average of the weights, which is the model that is saved.
        encoder_steps: first steps, for the self encoder alone (phones and motion); its weights then begin both
            encoders. They stand in for the pre-training of wav2vec 2.0; 0 as published.
        auxiliary: weight of the encoder's readouts (phones, motion) in the later loss; 0 as published.
        draws: noise draws of the head per frame.
        corruption: probability that a frame of history is replaced by its noisy version.
        drop: probability that self (per frame), other (per frame) and anchor (per clip) are switched off.
        last_frames, last_weight: number of frames at the end of a clip with a larger weight in the loss, and that
            weight.
        anchor_frames: the anchor is a random one of that many frames at the end.
        lookahead: samples after a frame's end that its audio features depend on, a multiple of 320.
        span: features of 20 ms that a layer of the encoder attends to.
        seed: of weights, clips and noise.
        threads: CPU threads of the arithmetic.
        workers: processes that load batches.
        save_every: steps between two checkpoints.
        validate_every: steps between two validations in free running; a multiple of `save_every`.
        bfloat16: whether the forward pass is autocast to bfloat16 where the device has instructions for it.
        device: "auto" (a GPU if PyTorch sees one), "cpu", "cuda" or "cuda:1".

    Raises:
        ValueError: a number is out of range, or the optimiser is unknown.
    """

    steps: int = 300_000
    batch: int = 64
    frames: int = 96
    rate: float = 1e-4
    warmup: int = 1000
    decay: bool = False
    optimiser: str = "adamw"
    weight_decay: float = 0.01
    average: float = 0.999
    encoder_steps: int = 0
    auxiliary: float = 0.0
    draws: int = 1
    corruption: float = 0.5
    drop: float = 0.1
    last_frames: int = 5
    last_weight: float = 3.0
    anchor_frames: int = 10
    lookahead: int = 960
    span: int = 192
    seed: int = 0
    threads: int = 1
    workers: int = 1
    save_every: int = 500
    validate_every: int = 5000
    bfloat16: bool = True
    device: str = "auto"

    def __post_init__(self) -> None:
        for name in ("steps", "batch", "draws", "threads", "workers", "save_every", "validate_every"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}; accepted are 1 and more")
        if not 0 <= self.encoder_steps < self.steps:
            raise ValueError(
                f"encoder_steps is {self.encoder_steps} of {self.steps} steps; accepted are 0 to {self.steps - 1}"
            )
        if self.frames < max(self.anchor_frames, self.last_frames) + 1:
            raise ValueError(
                f"frames is {self.frames}; accepted are {max(self.anchor_frames, self.last_frames) + 1} and more"
            )
        if self.optimiser not in OPTIMISERS:
            raise ValueError(f"optimiser is {self.optimiser!r}; accepted are {', '.join(OPTIMISERS)}")
        if self.lookahead < 0 or self.lookahead % 320:
            raise ValueError(f"lookahead is {self.lookahead / 16:g} ms; accepted are multiples of 20 ms")


@dataclass(frozen=True)
class Preset:
    """Sizes and settings of one kind of run.

    Attributes:
        network: sizes; `motion` follows from the data.
        training: settings of the run.
        steps: of the live sampler.
        guidance: of the live model. One branch costs a quarter of the published four.
    """

    network: GeneratorConfig
    training: PublishedConfig
    steps: int = 5
    guidance: Guidance = field(default_factory=lambda: PUBLISHED_GUIDANCE)

    def with_motion(self, size: int) -> "Preset":
        """The preset for motion of another size than the published 512."""
        return dataclasses.replace(self, network=dataclasses.replace(self.network, motion=size))


_ONE_BRANCH = Guidance(0.0, 0.0, 0.0, 1.0)

PRESETS: dict[str, Preset] = {
    "tiny": Preset(
        GeneratorConfig(
            width=48, blocks=2, heads=4, hidden=96, head_blocks=2, window=24,
            encoder=EncoderConfig(
                width=32, layers=2, heads=2, hidden=64, channels=24, position_kernel=8, position_groups=4
            ),
        ),
        PublishedConfig(
            steps=300, batch=8, frames=24, rate=3e-3, warmup=20, decay=True, optimiser="muon", average=0.98,
            encoder_steps=100, auxiliary=0.3, draws=4, span=24, save_every=100, validate_every=300,
        ),
        guidance=_ONE_BRANCH,
    ),
    "small": Preset(
        GeneratorConfig(
            width=192, blocks=4, heads=6, hidden=768, head_blocks=3, window=66,
            encoder=EncoderConfig(
                width=128, layers=4, heads=4, hidden=512, channels=64, position_kernel=32, position_groups=8
            ),
        ),
        PublishedConfig(
            steps=10_000, batch=12, frames=66, rate=1e-3, warmup=100, decay=True, optimiser="muon", average=0.995,
            encoder_steps=3000, auxiliary=0.3, draws=2, span=64, save_every=100, validate_every=500,
        ),
        guidance=_ONE_BRANCH,
    ),
    "published": Preset(GeneratorConfig(), PublishedConfig(workers=4)),
}  # fmt: skip
