"""dystream cascade: train the phone classifier of the cascade that `dystream evaluate` compares with."""

import argparse
from pathlib import Path

EXAMPLES = """examples:
  dystream cascade corpus/first                            minutes on one core; replaces the weights in the package
  dystream cascade corpus/first -o build/cascade.safetensors --steps 200
"""


def add_parser(subparsers: argparse._SubParsersAction) -> None:
    """Declares the command."""
    parser = subparsers.add_parser(
        "cascade",
        help="train the phone classifier that dystream evaluate compares with",
        description="Trains a causal classifier of phones, 60 ms of lookahead, on a corpus. With the teacher's rules "
        "behind it, it is the cascade that a learned face has to beat. The same corpus and seed give the same weights.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("corpus", type=Path, help="folder that dystream corpus made")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="default: the file in the package")
    parser.add_argument("--steps", type=int, default=400, help="of two minutes of speech each (default %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="(default %(default)s)")


def run(args: argparse.Namespace) -> int:
    """Runs the command."""
    import torch
    from tqdm import tqdm

    from dystream_ros.training.evaluation import cascade

    if args.steps < 1:
        raise ValueError(f"--steps is {args.steps}; accepted are 1 and more")
    torch.set_num_threads(1)
    output = args.output or cascade.WEIGHTS
    classifier = cascade.fresh(args.seed)
    bar = tqdm(cascade.train(classifier, args.corpus, args.steps, args.seed), total=args.steps, unit="step")
    for loss in bar:
        bar.set_postfix(loss=f"{loss:.3f}", refresh=False)
    cascade.save(classifier, output)
    print(f"wrote {output}")
    return 0
