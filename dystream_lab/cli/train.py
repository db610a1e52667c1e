"""dystream train: train the compact model on a corpus.

Writes model.safetensors, log.csv and a checkpoint into the folder of the run. A stopped run is continued by the same
command.
"""

import argparse
from pathlib import Path

from dystream_ros.models.compact.config import CompactConfig

EXAMPLES = """examples:
  dystream corpus corpus/first                        make the corpus first (hours of speech synthesis; resumable)
  dystream train corpus/first --run runs/first        train; Ctrl-C stops it, the same command continues
  dystream train corpus/first --run runs/wide --lookahead 100 --steps 40000 --threads 2
  dystream train corpus/first --run runs/second --start runs/first/model.safetensors --self-channels 192
  dystream average runs/first/step-{08000,10000,12000}.safetensors -o averaged.safetensors
  torchrun --nproc-per-node 4 -m dystream_ros.cli train corpus/first --run runs/first    on four GPUs
  dystream render --model runs/first/model.safetensors --self a.wav --other b.wav -o out.mp4
"""


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
        "--steps",
        type=int,
        default=12_000,
        help="number of batches, with those for the encoder alone (default %(default)s)",
    )
    parser.add_argument("--batch", type=int, default=8, help="clips per batch (default %(default)s)")
    parser.add_argument(
        "--frames", type=int, default=225, help="frames per clip, at 25 per second (default %(default)s)"
    )
    parser.add_argument(
        "--ear-steps",
        type=int,
        default=3,
        help="batches for the encoder of the self audio alone before each for the whole model (default %(default)s)",
    )
    parser.add_argument("--rate", type=float, default=1e-3, help="highest learning rate (default %(default)s)")
    parser.add_argument("--lookahead", type=int, default=60, help="ms, 0 to 200 in steps of 10 (default %(default)s)")
    parser.add_argument("--window", type=int, default=200, help="frames of history (default %(default)s)")
    parser.add_argument(
        "--self-channels",
        type=int,
        default=CompactConfig.self_channels,
        help="width of the encoder of the self audio (default %(default)s); at least that of --start",
    )
    parser.add_argument(
        "--keep-every",
        type=int,
        default=2000,
        help="steps between weights that are kept under their own names, for dystream average (default %(default)s)",
    )
    parser.add_argument("--seed", type=int, default=0, help="seed of weights, clips and noise (default %(default)s)")
    parser.add_argument("--start", default="", metavar="FILE", help="weights to begin with (default: random ones)")
    parser.add_argument(
        "--device", default="auto", help="auto (a GPU if available), cpu, cuda, cuda:1 (default %(default)s)"
    )
    parser.add_argument("--threads", type=int, default=1, help="CPU threads (default %(default)s)")


def run(args: argparse.Namespace) -> int:
    """Runs the command."""
    from dystream_lab.corpus.dataset import ConversationDataset
    from dystream_ros.cli.arguments import check_file, check_output_folder

    ConversationDataset(args.corpus, "train")
    if args.start:
        check_file(Path(args.start), "weights to begin with")
    check_output_folder(args.run_folder)
    from dystream_lab.training.train import TrainingConfig, train

    config = TrainingConfig(
        steps=args.steps,
        batch=args.batch,
        frames=args.frames,
        encoder_steps=args.ear_steps,
        rate=args.rate,
        seed=args.seed,
        threads=args.threads,
        device=args.device,
        start=args.start,
        keep_every=args.keep_every,
    )
    model_config = CompactConfig(lookahead_ms=args.lookahead, window=args.window, self_channels=args.self_channels)
    weights = train(args.corpus, args.run_folder, config, model_config)
    print(f"weights: {weights}; losses: {args.run_folder / 'log.csv'}")
    return 0
