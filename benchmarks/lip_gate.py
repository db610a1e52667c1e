"""What `lips_need_voice` changes: rooms and clean speech of the real voice, with and without it, in one table.

    OMP_NUM_THREADS=1 python -m benchmarks.lip_gate corpus/wide [--every 4] [--model compact]

Both stream the same sounds with the same seeds. Needs pip install '.[train,evaluate]', a corpus with validation voices,
and the recordings of the set `real` (see docs/evaluation.md).
"""

import argparse
from functools import partial
from pathlib import Path
from unittest.mock import patch

from dystream_lab.corpus.dataset import ConversationDataset
from dystream_lab.evaluation.measures import rooms, stillness
from dystream_lab.evaluation.measures.intervals import Summary
from dystream_lab.evaluation.reports.comparison import compare
from dystream_lab.evaluation.reports.tables import table
from dystream_lab.evaluation.rows import model as model_row
from dystream_lab.evaluation.rows.streaming import stream
from dystream_lab.evaluation.sets import catalogue, conversations
from dystream_ros.models.registry import load_model


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--every", type=int, default=4, help="use every Nth recording (default %(default)s)")
    parser.add_argument("--model", default="compact", help="a name or a .safetensors file (default %(default)s)")
    parser.add_argument("--cache", type=Path, default=Path("build/evaluation"))
    args = parser.parse_args()
    network = load_model(args.model).network
    prompts = list(catalogue.load("real", args.cache, None))[:: args.every]
    partners = stillness.partners(conversations.load(ConversationDataset(args.corpus, "valid"), 12))
    found: dict[str, Summary] = {}
    for name, need in (("with", True), ("without", False)):
        streamed = partial(stream, lips_need_voice=need)
        with patch.object(rooms, "stream", streamed), patch.object(model_row, "stream", streamed):
            found[name] = rooms.measure(network, prompts[:: rooms.EVERY], partners, seeds=1)
            row = model_row.ModelRow("clean", network, seeds=1)
            for group, by_row in compare([row], {"real": prompts}):
                found[name] |= {f"{group}, {each}": value for each, value in by_row["clean"].summary.items()}
    print(f"{len(prompts)} prompts, in rooms {len(prompts[:: rooms.EVERY])}, one seed")
    print(table("lips_need_voice", found, rooms.BARS))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
