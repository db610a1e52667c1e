"""Ablations of the compact model: python -m benchmarks.ablations --corpus corpus/first

    python -m benchmarks.ablations lookahead size --steps 1500      short trainings of the self encoder from scratch
    python -m benchmarks.ablations corruption --steps 600           short trainings that start at the shipped weights
    python -m benchmarks.ablations steps guidance                   settings of the shipped weights, without training
    python -m benchmarks.ablations times                            duration of a step; needs an idle machine
    python -m benchmarks.ablations causal --seeds 3 --steps 600     strategies of a causal encoder, from scratch

All variants are measured in free running on the validation voices of the corpus, with one seed, but those of `causal`.
A variant in the JSON file is not measured again, and an interrupted training is resumed. One table per study is printed
at the end.

`causal` trains a small encoder alone, on the same stored batches for all strategies: one seed of all of them, then the
next. Its results are in a file of their own, whose name ends in _causal; the figure stands beside it.
"""

import argparse
import dataclasses
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch

from benchmarks import ablations_causal
from dystream_lab.evaluation.measures import lips
from dystream_lab.evaluation.reports.sections import Setting, listening
from dystream_lab.evaluation.rows.model import ModelRow
from dystream_lab.evaluation.sets import valid
from dystream_lab.evaluation.sets.target import target_of
from dystream_lab.training.corruption import Corruption
from dystream_lab.training.train import TrainingConfig, train
from dystream_ros.cli.bench import measure_engine
from dystream_ros.models.compact import weights
from dystream_ros.models.compact.config import CompactConfig
from dystream_ros.models.compact.model import CompactModel
from dystream_ros.models.guidance import Guidance
from dystream_ros.models.registry import load_model

_LIPS = ("P B M at 0.5 /s", "F V at 0.5 /s", "rounding AUC", "correlation", "lag ms")
_LISTENING = ("nod ratio", "nods /min listening", "blinks /min", "brow raises /min", "smiles /min")
_BENCH_SECONDS = 3.0
_ROUNDS = 3  # each times every variant, so that other load on the machine affects all of them
_SIZES = ((48, 1), (96, 1), (96, 2), (144, 2))
_STEPS = (1, 2, 3, 4, 6)
_GUIDANCE = ((0.0, 0.0, 0.0, 1.0), (0.5, 0.5, 0.0, 1.0), (0.0, 1.0, 0.0, 1.0), (0.0, 0.5, 0.0, 1.0))
_SHIPPED = "compact"
_TIMES = "times"
_CAUSAL = "causal"


@dataclasses.dataclass(frozen=True)
class Variant:
    """A variant: a function that makes its weights, and whether its listening is measured besides its lips."""

    name: str
    make: Callable[[], CompactModel]
    listens: bool = False


class Studies:
    """The studies by name; each gives its variants."""

    def __init__(self, corpus: Path, runs: Path, steps: int) -> None:
        self._corpus, self._runs, self._steps = corpus, runs, steps

    def lookahead(self) -> Iterator[Variant]:
        """Lookahead past the end of a frame. The teacher shows no phone more than 80 ms ahead of its sound."""
        for ms in (0, 20, 40, 60, 80, 200):
            yield self._encoder_only(f"{ms} ms", CompactConfig(lookahead_ms=ms))

    def size(self) -> Iterator[Variant]:
        """Channels and depth of the self encoder."""
        for name, config in _sizes():
            yield self._encoder_only(name, config)

    def corruption(self) -> Iterator[Variant]:
        """Corruption of the history in training; samples of the model in it (two forward passes); neither; both."""
        yield Variant("not trained on", _shipped, True)
        for name, corruption in (
            ("as shipped", Corruption()),
            ("none", Corruption(drift=0.0, lip_noise=0.0, lip_drop=0.0)),
            ("no noise for lips", Corruption(lip_drop=0.0)),
            ("two forwards", Corruption(drift=0.0, lip_noise=0.0, lip_drop=0.0, own=1.0)),
            ("both", Corruption(own=1.0)),
        ):
            yield Variant(name, lambda name=name, corruption=corruption: self._continued(name, corruption), True)

    def steps(self) -> Iterator[Variant]:
        """Steps of the sampler."""
        for count in _STEPS:
            yield Variant(f"{count}", lambda count=count: _shipped(steps=count), True)

    def guidance(self) -> Iterator[Variant]:
        """Classifier-free guidance: weights of self, other, anchor, all."""
        for given in _GUIDANCE:
            yield Variant(_guidance_name(given), lambda given=given: _shipped(guidance=Guidance(*given)), True)

    def _encoder_only(self, name: str, model: CompactConfig) -> Variant:
        def make() -> CompactModel:
            config = TrainingConfig(steps=self._steps, encoder_steps=self._steps, rate=2e-3, save_every=self._steps)
            run = self._runs / f"ear-{model.lookahead_ms}-{model.self_channels}-{model.self_rounds}-{self._steps}"
            # Only the self encoder is trained: the untrained flow would add noise to the lips.
            return weights.load(train(self._corpus, run, config, dataclasses.replace(model, lip_flow=0.0)))

        return Variant(name, make)

    def _continued(self, name: str, corruption: Corruption) -> CompactModel:
        shipped, start = load_model(_SHIPPED).network, self._runs / "shipped.safetensors"
        weights.save(shipped, start)
        config = TrainingConfig(steps=self._steps, encoder_steps=0, rate=5e-4, save_every=self._steps, start=str(start))
        run = self._runs / f"corruption-{name.replace(' ', '-')}-{self._steps}"
        return weights.load(train(self._corpus, run, config, shipped.config, corruption))


def _shipped(guidance: Guidance | None = None, **settings: float) -> CompactModel:
    network = load_model(_SHIPPED).network
    model = CompactModel(dataclasses.replace(network.config, **settings), guidance or network.guidance)
    model.load_state_dict(network.state_dict())
    return model.eval()


def _sizes() -> Iterator[tuple[str, CompactConfig]]:
    for channels, rounds in _SIZES:
        name = f"{channels} channels, {rounds} round{'s' * (rounds > 1)}"
        yield name, CompactConfig(self_channels=channels, self_rounds=rounds)


def _guidance_name(given: tuple[float, ...]) -> str:
    return ", ".join(f"{value:g}" for value in given)


def times(folder: Path) -> dict[str, dict[str, float]]:
    """Duration of an engine step by size of the self encoder, steps of the sampler and branches of guidance.

    Weights are random. Every variant is timed once per round; the result is the median of the medians of the rounds.
    """
    config = CompactConfig()
    models = {name: CompactModel(size) for name, size in _sizes()}
    models |= {f"{count} steps of the sampler": CompactModel(dataclasses.replace(config, steps=count))
               for count in _STEPS}  # fmt: skip
    models |= {f"guidance {_guidance_name(given)}": CompactModel(config, Guidance(*given)) for given in _GUIDANCE[:2]}
    paths = {name: folder / f"times-{index}.safetensors" for index, name in enumerate(models)}
    for name, model in models.items():
        weights.save(model, paths[name])
    taken: dict[str, list[float]] = {name: [] for name in models}
    for _ in range(_ROUNDS):
        for name, path in paths.items():
            taken[name].append(measure_engine(str(path), _BENCH_SECONDS)["step_ms"]["p50"])
    return {
        name: {"step, ms": float(np.median(taken[name])), "parameters, M": _millions(model)}
        for name, model in models.items()
    }


def _millions(model: CompactModel) -> float:
    return sum(parameter.numel() for parameter in model.parameters()) / 1e6


def measure(variant: Variant, corpus: Path) -> dict[str, float]:
    """The figures of a variant, by name."""
    model = variant.make()
    utterances = valid.load(corpus)
    motions = ModelRow(variant.name, model, 1).motions(utterances, 0)
    sums = np.sum([lips.tally(target_of(one), motion) for one, motion in zip(utterances, motions)], axis=0)
    found = lips.measures(sums)
    figures = {name: float(found[name]) for name in _LIPS}
    if variant.listens:
        summary = listening(Setting(model, 1, corpus, 12))["model"]
        figures |= {name: summary[name][0] for name in _LISTENING}
    return figures | {"parameters, M": _millions(model)}


def table(study: str, results: dict[str, dict[str, float]]) -> str:
    """The figures of a study as a Markdown table: one row per variant, one column per measure."""
    columns = list(dict.fromkeys(name for figures in results.values() for name in figures))
    lines = [f"| {study} | " + " | ".join(columns) + " |", "|---" * (len(columns) + 1) + "|"]
    for name, figures in results.items():
        lines.append(f"| {name} | " + " | ".join(f"{figures.get(column, np.nan):.3g}" for column in columns) + " |")
    return "\n".join(lines)


def main() -> None:
    """Runs the command."""
    studies = [name for name, member in vars(Studies).items() if not name.startswith("_") and callable(member)]
    studies += [_TIMES, _CAUSAL]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("studies", nargs="*", metavar="STUDY", help=f"of {', '.join(studies)} (default: all)")
    parser.add_argument("--corpus", type=Path, required=True, help="folder that dystream corpus made")
    parser.add_argument("--steps", type=int, default=1500, help="steps of each training (default %(default)s)")
    parser.add_argument("--seeds", type=int, default=3, help="seeds of the study causal (default %(default)s)")
    parser.add_argument("--runs", type=Path, default=Path("runs/ablations"), help="folder of the trainings")
    parser.add_argument("--json", type=Path, default=Path("docs/ablations.json"), help="results (default %(default)s)")
    args = parser.parse_args()
    unknown = set(args.studies) - set(studies)
    if unknown:
        parser.error(f"no study {', '.join(sorted(unknown))}; there are {', '.join(studies)}")
    torch.set_num_threads(1)
    results = json.loads(args.json.read_text()) if args.json.exists() else {}
    args.runs.mkdir(parents=True, exist_ok=True)
    made = Studies(args.corpus, args.runs, args.steps)
    for study in args.studies or studies:
        if study == _CAUSAL:
            ablations_causal.run(args.corpus, args.runs, args.json, args.steps, args.seeds)
            continue
        if study == _TIMES:
            results[study] = times(args.runs)
            args.json.write_text(json.dumps(results, indent=1) + "\n")
            print(table(study, results[study]), end="\n\n", flush=True)
            continue
        done = results.setdefault(study, {})
        for variant in getattr(made, study)():
            if variant.name not in done:
                done[variant.name] = measure(variant, args.corpus)
                args.json.write_text(json.dumps(results, indent=1) + "\n")
        print(table(study, done), end="\n\n", flush=True)


if __name__ == "__main__":
    main()
