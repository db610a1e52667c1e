"""dystream cascade: train the phone classifier of the cascade that `dystream evaluate` compares with."""

import argparse
from pathlib import Path

DEFAULT = Path("runs/cascade.safetensors")
EXAMPLES = """examples:
  dystream cascade corpus/first                            a quarter of an hour of one core
  dystream cascade corpus/first -o build/cascade.safetensors --steps 200

What `dystream evaluate` compares with stays as it is. To install the new weights, copy the file over
dystream_lab/assets/evaluation/cascade.safetensors.
"""


def add_parser(subparsers: argparse._SubParsersAction) -> None:
    """Declares the command."""
    parser = subparsers.add_parser(
        "cascade",
        help="train the phone classifier that dystream evaluate compares with",
        description="Trains a causal classifier of phones on a corpus, and says in what share of its validation "
        "voices' speech it names the phone right. With the teacher's rules behind it, it is the cascade that a learned "
        "face has to beat. The same corpus and seed give the same weights.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("corpus", type=Path, help="folder that dystream corpus made")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", default=DEFAULT, help="(default %(default)s)")
    parser.add_argument("--steps", type=int, default=2200, help="of 77 s of speech each (default %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="(default %(default)s)")


def run(args: argparse.Namespace) -> int:
    """Runs the command."""
    import torch
    from tqdm import tqdm

    from dystream_lab.evaluation.rows import phone_classifier as cascade
    from dystream_lab.evaluation.sets import valid

    if args.steps < 1:
        raise ValueError(f"--steps is {args.steps}; accepted are 1 and more")
    torch.set_num_threads(1)
    # What is missing is told before the training.
    judges = valid.load(args.corpus)
    args.output.parent.mkdir(parents=True, exist_ok=True)
    classifier = cascade.fresh(args.seed)
    bar = tqdm(cascade.train(classifier, args.corpus, args.steps, args.seed), total=args.steps, unit="step")
    for loss in bar:
        bar.set_postfix(loss=f"{loss:.3f}", refresh=False)
    cascade.save(classifier, args.output)
    for lookahead, share in cascade.accuracy(classifier, judges).items():
        print(f"right phone {1000 * lookahead:.0f} ms behind, validation voices: {share:.3f}")
    print(f"wrote {args.output}")
    return 0
