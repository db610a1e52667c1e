"""dystream train: train a model on a corpus.

The family `compact` writes model.safetensors into the folder of the run, the family `published` (the architecture of
the paper) a model folder; both write log.csv and a checkpoint. A stopped run is continued by the same command.
"""

import argparse
from pathlib import Path

from dystream_lab.cli import train_published
from dystream_ros.models.compact.config import CompactConfig

# Defaults of the family compact; the presets of the family published have their own.
COMPACT = {
    "steps": 12_000, "batch": 8, "frames": 225, "ear_steps": 3, "rate": 1e-3, "lookahead": 60, "window": 200,
    "self_channels": CompactConfig.self_channels, "keep_every": 2000, "seed": 0, "start": "", "threads": 1,
}  # fmt: skip
EXAMPLES = f"""examples:
  dystream corpus corpus/first                        make the corpus first (hours of speech synthesis; resumable)
  dystream train corpus/first --run runs/first        train; Ctrl-C stops it, the same command continues
  dystream train corpus/first --run runs/wide --lookahead 100 --steps 40000 --threads 2
  dystream train corpus/first --run runs/second --start runs/first/model.safetensors --self-channels 192
  dystream average runs/first/step-{{08000,10000,12000}}.safetensors -o averaged.safetensors
  torchrun --nproc-per-node 4 -m -- dystream_ros.cli train corpus/first --run runs/first    on four GPUs
  dystream render --model runs/first/model.safetensors --self a.wav --other b.wav -o out.mp4
{train_published.EXAMPLES}"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the options."""
    parser.add_argument("corpus", type=Path, help="folder that dystream corpus made")
    parser.add_argument(
        "--run",
        dest="run_folder",
        type=Path,
        metavar="FOLDER",
        required=True,
        help="folder of this run; continued if it exists",
    )
    parser.add_argument(
        "--family",
        choices=("compact", train_published.FAMILY),
        default="compact",
        help="architecture (default %(default)s); defaults below are those of compact, published has presets",
    )
    parser.add_argument(
        "--steps", type=int, help=f"number of batches, with those for the encoder alone (default {COMPACT['steps']})"
    )
    parser.add_argument("--batch", type=int, help=f"clips per batch (default {COMPACT['batch']})")
    parser.add_argument("--frames", type=int, help=f"frames per clip, at 25 per second (default {COMPACT['frames']})")
    parser.add_argument(
        "--ear-steps",
        type=int,
        help=f"batches for the self encoder alone before each for the whole model (default {COMPACT['ear_steps']})",
    )
    parser.add_argument("--rate", type=float, help=f"highest learning rate (default {COMPACT['rate']})")
    parser.add_argument("--lookahead", type=int, help=f"ms, 0 to 200 in steps of 10 (default {COMPACT['lookahead']})")
    parser.add_argument("--window", type=int, help=f"frames of history (default {COMPACT['window']})")
    parser.add_argument(
        "--self-channels",
        type=int,
        help=f"width of the encoder of the self audio (default {COMPACT['self_channels']}); at least that of --start",
    )
    parser.add_argument(
        "--keep-every",
        type=int,
        help=f"steps between copies of the weights, for dystream average (default {COMPACT['keep_every']})",
    )
    parser.add_argument("--seed", type=int, help=f"seed of weights, clips and noise (default {COMPACT['seed']})")
    parser.add_argument("--start", metavar="FILE", help="weights to begin with (default: random ones)")
    parser.add_argument(
        "--device", default="auto", help="auto (a GPU if available), cpu, cuda, cuda:1 (default %(default)s)"
    )
    parser.add_argument("--threads", type=int, help=f"CPU threads (default {COMPACT['threads']})")
    train_published.add_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Runs the command."""
    from dystream_lab.corpus.dataset import ConversationDataset
    from dystream_ros.cli.arguments import check_file, check_output_folder

    ConversationDataset(args.corpus, "train")
    if args.family == train_published.FAMILY:
        train_published.check(args)
        check_output_folder(args.run_folder)
        return train_published.run(args)
    train_published.check_absent(args)
    given = {name: default if getattr(args, name) is None else getattr(args, name) for name, default in COMPACT.items()}
    if given["start"]:
        check_file(Path(given["start"]), "weights to begin with")
    check_output_folder(args.run_folder)
    from dystream_lab.training.train import TrainingConfig, train

    same = ("steps", "batch", "frames", "rate", "seed", "threads", "start", "keep_every")
    config = TrainingConfig(
        encoder_steps=given["ear_steps"], device=args.device, **{name: given[name] for name in same}
    )
    model_config = CompactConfig(
        lookahead_ms=given["lookahead"], window=given["window"], self_channels=given["self_channels"]
    )
    weights = train(args.corpus, args.run_folder, config, model_config)
    print(f"weights: {weights}; losses: {args.run_folder / 'log.csv'}")
    return 0
