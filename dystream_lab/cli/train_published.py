"""The family "published" of dystream train: its options, and its run."""

import argparse
import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dystream_lab.published.config import Preset

FAMILY = "published"
EXAMPLES = """  dystream train corpus/first --family published --preset small --run runs/named             as the paper
  dystream train corpus/first --family published --run runs/stage2 --latents latents/first --stage1 runs/stage1
  torchrun --nproc-per-node 8 -m -- dystream_ros.cli train corpus/video --family published --preset published \\
      --encoder-weights wav2vec2-base/model.safetensors --latents corpus/latents --stage1 runs/stage1 --run runs/stage2
"""
_PRESET = "small"
_OWN = ("preset", "stage1", "latents", "encoder_weights", "encoder_steps", "workers", "optimiser")
# Options that both families have: name of the option, and of its field.
_SHARED = {"steps": "steps", "batch": "batch", "frames": "frames", "rate": "rate", "seed": "seed"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the options of this family alone."""
    group = parser.add_argument_group("family published (docs/training.md)")
    group.add_argument(
        "--preset", choices=("tiny", "small", "published"), help=f"sizes and settings (default {_PRESET})"
    )
    group.add_argument(
        "--latents",
        type=Path,
        metavar="FOLDER",
        help="train over the motion codes of dystream train-autoencoder latents (default: over named coefficients)",
    )
    group.add_argument(
        "--stage1", type=Path, metavar="FOLDER", help="run of the autoencoder that wrote them; its renderer is copied"
    )
    group.add_argument(
        "--encoder-weights",
        type=Path,
        metavar="FILE",
        help="wav2vec 2.0 as safetensors to begin both audio encoders with (default: random)",
    )
    group.add_argument(
        "--encoder-steps",
        type=int,
        help="first batches, for the self encoder alone (default: the preset's; 0 with --encoder-weights)",
    )
    group.add_argument("--workers", type=int, help="processes that load batches (default: the preset's)")
    group.add_argument("--optimiser", choices=("adamw", "muon"), help="(default: the preset's)")


def check_absent(args: argparse.Namespace) -> None:
    """Checks that no option of this family was given to the other.

    Raises:
        ValueError: one was.
    """
    for option in _OWN:
        if getattr(args, option) is not None:
            raise ValueError(f"--{option.replace('_', '-')} belongs to --family published; give that too")


def check(args: argparse.Namespace) -> None:
    """Checks the options before anything is loaded.

    Raises:
        ValueError: an option of the other family, or latents without the autoencoder that made them.
        FileNotFoundError: a file or folder is missing.
    """
    from dystream_ros.cli.arguments import check_file, check_folder

    for option in ("ear_steps", "window", "self_channels", "keep_every", "start"):
        if getattr(args, option) is not None:
            raise ValueError(
                f"--{option.replace('_', '-')} belongs to --family compact; of sizes, --family published takes "
                "--preset, and of weights to begin with --encoder-weights"
            )
    if (args.latents is None) != (args.stage1 is None):
        raise ValueError(
            "--latents and --stage1 belong together: the motion codes of a corpus, and the run of the autoencoder that "
            "wrote them; leave both out to train over named coefficients"
        )
    if args.latents is not None:
        check_folder(args.latents, "motion codes of dystream train-autoencoder latents")
        check_folder(args.stage1, "run of dystream train-autoencoder train")
    if args.encoder_weights is not None:
        check_file(args.encoder_weights, "wav2vec 2.0 as safetensors")


def run(args: argparse.Namespace) -> int:
    """Runs the command."""
    from dystream_lab.published.train import Sources, train

    preset = chosen(args)
    sources = Sources(args.corpus, args.latents, args.stage1, args.encoder_weights)
    model = train(sources, args.run_folder, preset)
    print(f"model: {model}; losses: {args.run_folder / 'log.csv'} and losses.png")
    print(f"try it: dystream render --model {model} --self a.wav --other b.wav -o face.mp4")
    return 0


def chosen(args: argparse.Namespace) -> "Preset":
    """The preset with the settings that were given."""
    from dystream_lab.published.config import PRESETS

    preset = PRESETS[args.preset or _PRESET]
    given = {field: getattr(args, option) for option, field in _SHARED.items()}
    given |= {name: getattr(args, name) for name in ("encoder_steps", "workers", "optimiser", "threads", "device")}
    if args.lookahead is not None:
        given["lookahead"] = args.lookahead * 16
    changed = {name: value for name, value in given.items() if value is not None}
    if args.encoder_weights is not None:
        changed.setdefault("encoder_steps", 0)  # these weights are pre-trained
    training = dataclasses.replace(preset.training, **changed)
    return dataclasses.replace(
        preset, training=training, network=dataclasses.replace(preset.network, window=training.frames)
    )
