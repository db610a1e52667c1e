"""dystream cascade: train the phone classifier that `dystream evaluate` compares with.

Trains a causal classifier of phones on a corpus, and prints the share of frames with speech of the validation voices
whose phone it classifies correctly. The classifier followed by the teacher's rules is the cascade, a baseline that a
learned face should exceed. The same corpus and seed give the same weights.
"""

import argparse
from pathlib import Path

DEFAULT = Path("runs/cascade.safetensors")
EXAMPLES = """examples:
  dystream cascade corpus/first                            15 minutes on one core
  dystream cascade corpus/first -o build/cascade.safetensors --steps 200

The weights that `dystream evaluate` compares with stay unchanged. To install the new ones, copy the file over
dystream_lab/assets/evaluation/cascade.safetensors.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the options."""
    parser.add_argument("corpus", type=Path, help="folder that dystream corpus made")
    parser.add_argument(
        "-o", "--output", type=Path, metavar="FILE", default=DEFAULT, help="weights (default %(default)s)"
    )
    parser.add_argument(
        "--steps", type=int, default=2200, help="training steps, each of 77 s of speech (default %(default)s)"
    )
    parser.add_argument("--seed", type=int, default=0, help="seed of weights and batches (default %(default)s)")


def run(args: argparse.Namespace) -> int:
    """Runs the command."""
    import torch
    from tqdm import tqdm

    from dystream_lab.evaluation.rows import phone_classifier as cascade
    from dystream_lab.evaluation.sets import valid
    from dystream_ros.cli.arguments import check_output

    if args.steps < 1:
        raise ValueError(f"--steps is {args.steps}; accepted are 1 and more")
    torch.set_num_threads(1)
    # Missing files are reported before the training.
    judges = valid.load(args.corpus)
    check_output(args.output)
    classifier = cascade.fresh(args.seed)
    losses = cascade.train(classifier, args.corpus, args.steps, args.seed)
    bar = tqdm(losses, total=args.steps, unit="step", disable=None)
    for loss in bar:
        bar.set_postfix(loss=f"{loss:.3f}", refresh=False)
    cascade.save(classifier, args.output)
    for lookahead, share in cascade.accuracy(classifier, judges).items():
        print(f"correct phone, lookahead {1000 * lookahead:.0f} ms, validation voices: {share:.3f}")
    print(f"wrote {args.output}")
    return 0
