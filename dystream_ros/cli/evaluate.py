"""dystream evaluate: measure a model in free running on the held-out voices of a corpus."""

import argparse
import json
from pathlib import Path

EXAMPLES = """examples:
  dystream evaluate corpus/first
  dystream evaluate corpus/first --model runs/first/model.safetensors --seeds 3 --json runs/first/measures.json
"""


def add_parser(subparsers: argparse._SubParsersAction) -> None:
    """Declares the command."""
    parser = subparsers.add_parser(
        "evaluate",
        help="measure a model on the held-out voices of a corpus",
        description="Streams the validation clips of a corpus through a model fed its own motion, and compares with "
        "the teacher's motion. The row `teacher` is what the same measures say of the teacher itself.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("corpus", type=Path, help="folder that dystream corpus made")
    parser.add_argument("--model", default="compact", help="name or .safetensors file (default %(default)s)")
    parser.add_argument(
        "--clips", type=int, default=16, help="clips, each seen from both parties (default %(default)s)"
    )
    parser.add_argument("--seeds", type=int, default=3, help="runs with different seeds (default %(default)s)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")


def run(args: argparse.Namespace) -> int:
    """Runs the command."""
    import numpy as np
    import torch
    from tqdm import tqdm

    from dystream_ros.models.registry import load_model
    from dystream_ros.training import free_running
    from dystream_ros.training.dataset import ConversationDataset

    torch.set_num_threads(1)
    dataset = ConversationDataset(args.corpus, "valid")
    network = load_model(args.model).network
    rows = {}
    taken = []
    for seed in tqdm(range(args.seeds), desc="evaluate", unit="seed", disable=None):
        taken += free_running.evaluate(network, dataset, 1000 * seed, args.clips)
    rows[args.model] = taken
    rows["teacher"] = free_running.teacher(dataset, args.clips)
    summary = {name: _summary(measures, np.random.default_rng(0)) for name, measures in rows.items()}
    print(_table(summary))
    if args.json:
        args.json.write_text(json.dumps(summary, indent=2) + "\n")
    return 0


def _summary(measures: list[dict[str, float]], rng) -> dict[str, list[float]]:
    """Mean of each measure and its 95 % interval over takes (percentile bootstrap)."""
    import numpy as np

    summary = {}
    for name in measures[0]:
        values = np.array([measure[name] for measure in measures])
        values = values[~np.isnan(values)]
        if len(values):
            means = rng.choice(values, (2000, len(values))).mean(1)
            summary[name] = [float(values.mean()), *(float(bound) for bound in np.percentile(means, (2.5, 97.5)))]
    return summary


def _table(summary: dict[str, dict[str, list[float]]]) -> str:
    names = list(next(iter(summary.values())))
    lines = [f"{'measure (mean, 95 % interval)':<30}" + "".join(f"{row:>28}" for row in summary)]
    for name in names:
        cells = []
        for row in summary.values():
            mean, low, high = row.get(name, (float("nan"),) * 3)
            cells.append(f"{mean:12.3f} [{low:6.3f},{high:6.3f}]")
        lines.append(f"{name:<30}" + "".join(f"{cell:>28}" for cell in cells))
    return "\n".join(lines)
