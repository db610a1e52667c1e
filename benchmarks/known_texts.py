"""Memorisation of training texts by the lips: python -m benchmarks.known_texts

    python -m benchmarks.known_texts --weights runs/first/model.safetensors --texts 12

Training voices speak training texts and unseen texts (those of the synthetic test voices); the model's lips in free
running are compared with the teacher's. Needs the part `train` of requirements.txt and the engines of `dystream
corpus`. Nothing is stored.
"""

import argparse
from pathlib import Path

import numpy as np
import torch

from dystream_lab.corpus.cast import prepare
from dystream_lab.evaluation.measures import lips
from dystream_lab.evaluation.rows.model import ModelRow
from dystream_lab.evaluation.sets.synthetic import AFTER, BEFORE, TEXTS
from dystream_lab.evaluation.sets.target import target_of
from dystream_lab.evaluation.sets.utterance import Utterance, padded
from dystream_lab.speech.engines.catalogue import create
from dystream_lab.speech.texts.sentences import sentence_bank
from dystream_lab.speech.texts.wide_sentences import wide_texts
from dystream_ros.models.registry import load_model

_VOICES = (
    ("flite", "awb"),
    ("flite", "rms"),
    ("festival", "ked_diphone"),
    ("espeak", "en-us+m1"),
    ("kokoro", "af_bella"),
    ("kokoro", "am_adam"),
)
_MEASURES = ("P B M at 0.5 /s", "F V at 0.5 /s", "rounding AUC", "correlation")


def main() -> None:
    """Runs the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", default="compact", help="name or path of the model (default %(default)s)")
    parser.add_argument("--texts", type=int, default=len(TEXTS), help="of each kind (default and at most %(default)s)")
    parser.add_argument(
        "--styles", type=Path, default=Path("build/evaluation/kokoro-styles"), help="Kokoro's style files; fetched"
    )
    args = parser.parse_args()
    torch.set_num_threads(1)
    row = ModelRow(args.weights, load_model(args.weights).network)
    random = np.random.default_rng(0)
    kinds = {
        "by hand, trained": random.permutation(sentence_bank(0)["statement"])[: args.texts],
        "wide, trained": random.permutation(wide_texts(0)["statement"])[: args.texts],
        "not trained": TEXTS[: args.texts],
    }
    print("| voice | texts | " + " | ".join(_MEASURES) + " |", "|---" * (2 + len(_MEASURES)) + "|", sep="\n")
    engines = {engine: create(engine, args.styles) for engine, _ in _VOICES}
    for engine, voice in _VOICES:
        for kind, texts in kinds.items():
            lines = [prepare(engines[engine].speak(voice, str(text))) for text in texts]
            spoken = [
                padded(Utterance(str(text), engine, voice, line.samples, line.phones), BEFORE, AFTER)
                for text, line in zip(texts, lines, strict=True)
            ]
            motions = row.motions(spoken, seed=0)
            found = lips.measures(
                np.sum(
                    [lips.tally(target_of(one), motion) for one, motion in zip(spoken, motions, strict=True)], axis=0
                )
            )
            print(f"| {voice} | {kind} | " + " | ".join(f"{float(found[name]):.3f}" for name in _MEASURES) + " |")


if __name__ == "__main__":
    main()
