"""Time of a training step of compact on this processor: in bfloat16, in float32, and as `dystream train` decides.

    python -m benchmarks.compact_training corpus/first [--steps 4] [--threads 2]

The kinds take turns on the same batches. Needs pip install '.[train]' and a corpus.
"""

import argparse
import time
from pathlib import Path
from unittest.mock import patch

import numpy as np
import torch

from dystream_lab.corpus.dataset import ConversationDataset
from dystream_lab.training.batches import conversation_batch, encoder_batch
from dystream_lab.training.config import TrainingConfig
from dystream_lab.training.precision import bfloat16_pays
from dystream_lab.training.trainer import Trainer
from dystream_ros.models.compact.config import CompactConfig

_MODULES = ("dystream_lab.training.trainer", "dystream_lab.training.muon")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--steps", type=int, default=4, help="of each kind (default %(default)s)")
    parser.add_argument("--threads", type=int, default=1, help="(default %(default)s)")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    dataset, config, sizes = ConversationDataset(args.corpus, "train"), TrainingConfig(), CompactConfig()
    kinds = {"bfloat16": True, "float32": False, "chosen": bfloat16_pays(torch.device("cpu"))}
    taken: dict[tuple[str, str], list[float]] = {}
    for kind, half in kinds.items():
        with patch(f"{_MODULES[0]}.bfloat16_pays", lambda _, half=half: half):
            trainer = Trainer(dataset, config, sizes)
        for step in range(args.steps + 1):
            batches = {
                "encoder": encoder_batch(dataset, config, sizes, step),
                "whole": conversation_batch(dataset, config, sizes, step, config.batch, augment=True),
            }
            for name, batch in batches.items():
                with patch(f"{_MODULES[1]}.bfloat16_pays", lambda _, half=half: half):
                    begun = time.perf_counter()
                    trainer.descend(batch)
                if step:  # the first one prepares
                    taken.setdefault((kind, name), []).append(time.perf_counter() - begun)
    print("| s per step | encoder alone | whole model |\n|---|---|---|")
    for kind, half in kinds.items():
        said = f"{kind} ({'bfloat16' if half else 'float32'})" if kind == "chosen" else kind
        print(f"| {said} | {np.median(taken[kind, 'encoder']):.2f} | {np.median(taken[kind, 'whole']):.2f} |")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
