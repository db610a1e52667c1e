"""Trains and measures the strategies: one seed of all of them, then the next seed; at last lookaheads that change."""

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path

import torch
from tqdm import tqdm

from benchmarks.ablations_causal.strategies import (
    Sizes,
    Strategy,
    lookahead_name,
    strategies,
)
from dystream_lab.corpus.dataset import ConversationDataset
from dystream_lab.evaluation.sets import valid
from dystream_lab.training.causal import fitting
from dystream_lab.training.causal.encoders import FEATURE_MS, LookaheadEncoder
from dystream_lab.training.causal.imaginers import Held
from dystream_lab.training.causal.imagining import ImaginingEncoder
from dystream_lab.training.causal.lip_network import Learner, LipNetwork
from dystream_lab.training.causal.measuring import Recordings
from dystream_lab.training.causal.packs import Pack, PackSettings, Shuffled
from dystream_lab.training.config import TrainingConfig

_RATE = 6e-3
_WARMUP = 30
_SAVE_EVERY = 100
ROWS, HELD, MOVED = "rows", "held", "moved"  # groups of results
MATRIX = (0, 20, 40, 60, 80)  # ms, lookaheads of training that are run with another


@dataclasses.dataclass(frozen=True)
class Study:
    """What is trained, and where.

    Attributes:
        corpus: folder of the corpus.
        runs: folder of the trainings and of the stored batches, which take 0.9 MB each.
        results: JSON file of the results.
        steps: of each training.
        seeds: number of seeds: of weights and of the order of the batches.
        batches: stored; they come again when all have been seen.
        rows, frames: segments per batch, motion frames per segment.
        sizes: of the encoder.
    """

    corpus: Path
    runs: Path
    results: Path
    steps: int
    seeds: int
    batches: int = 160
    rows: int = 8
    frames: int = 100
    sizes: Sizes = dataclasses.field(default_factory=Sizes)

    def run(self, results: dict) -> None:
        """Trains and measures what the results lack, adds it to them and writes them.

        Raises:
            ValueError: a training in the folder has other settings.
        """
        if not self.seeds:
            return
        recordings = Recordings(valid.load(self.corpus), self.sizes.mels)
        pack = self._pack()
        for seed in range(self.seeds):
            missing = list(self._missing(results, seed))
            for number, strategy in enumerate(missing):
                label = f"seed {seed}: {strategy.name} ({number + 1} of {len(missing)})"
                network = self.trained(strategy, seed, pack, label)
                for row, one in strategy.rows(strategy, network):
                    self._measure(results, ROWS, row, seed, one, recordings)
        for seed in range(self.seeds):
            for ms in tqdm(MATRIX, desc=f"seed {seed}: run with other lookaheads", disable=None):
                network = self.trained(self._named(lookahead_name(ms)), seed, pack, "")
                for group, row, one in _with_others(network, lookahead_name(ms)):
                    self._measure(results, group, row, seed, one, recordings)

    def _measure(
        self, results: dict, group: str, row: str, seed: int, network: LipNetwork, recordings: Recordings
    ) -> None:
        """Measures a network, unless the results have the row, and writes them."""
        seeds = results[group].setdefault(row, {})
        if str(seed) not in seeds:
            seeds[str(seed)] = recordings.measure(network)
            self.write(results)

    def trained(self, strategy: Strategy, seed: int, pack: Pack, label: str) -> LipNetwork:
        """The trained network of a strategy; one that it needs is trained first."""
        needed = None
        if strategy.needs:
            needed = self.trained(self._named(strategy.needs), seed, pack, f"{label}, its {strategy.needs}")
        torch.manual_seed(seed)
        learner = strategy.make(needed)
        if not strategy.needs:
            _fit_scales(learner, pack)
        config = TrainingConfig(
            steps=self.steps, rate=_RATE, warmup=_WARMUP, save_every=_SAVE_EVERY, seed=seed, encoder_batch=self.rows,
            encoder_frames=self.frames,
        )  # fmt: skip
        run = self._folder() / f"seed-{seed}" / strategy.name.replace(" ", "-").replace(",", "")
        fitting.fit(learner, Shuffled(pack, seed), run, config, label)
        return learner.network.eval()

    def _named(self, name: str) -> Strategy:
        return next(strategy for strategy in strategies(self.sizes) if strategy.name == name)

    def _missing(self, results: dict, seed: int) -> Iterator[Strategy]:
        for strategy in strategies(self.sizes):
            names = [row for row in results[ROWS] if row == strategy.name or row.startswith(f"{strategy.name}, run")]
            if not any(str(seed) in results[ROWS][row] for row in names):
                yield strategy

    def write(self, results: dict) -> None:
        """Writes the results."""
        self.results.parent.mkdir(parents=True, exist_ok=True)
        self.results.write_text(json.dumps(results, indent=1) + "\n")

    def known(self) -> dict:
        """The results of earlier runs.

        Raises:
            ValueError: they have other settings.
        """
        settings = {
            "corpus": self.corpus.name, "steps": self.steps, "batches": self.batches, "rows": self.rows,
            "frames": self.frames, "rate": _RATE, "sizes": dataclasses.asdict(self.sizes),
        }  # fmt: skip
        if not self.results.exists():
            return {"settings": settings, ROWS: {}, HELD: {}, MOVED: {}}
        results = json.loads(self.results.read_text())
        if results["settings"] != settings:
            raise ValueError(
                f"{self.results} has results with {results['settings']}, and {settings} are asked for; give the same "
                "settings or another file as --json"
            )
        return results

    def _folder(self) -> Path:
        return self.runs / f"causal-{self.steps}"

    def _pack(self) -> Pack:
        settings = PackSettings(self.corpus.name, self.batches, self.rows, self.frames, self.sizes.mels)
        pack = Pack(self._folder() / "batches", settings)
        writing = pack.write(ConversationDataset(self.corpus, "train"))
        for _ in tqdm(writing, total=len(pack.missing), desc="batches", unit="batch", disable=None):
            pass
        return pack


def _with_others(network: LipNetwork, name: str) -> Iterator[tuple[str, str, LipNetwork]]:
    """Group, row and network of a trained lookahead that is run with another."""
    encoder = network.encoder
    assert isinstance(encoder, LookaheadEncoder)
    for ms in MATRIX:
        run = ms // FEATURE_MS
        if run != encoder.lookahead:
            network.encoder = LookaheadEncoder(encoder.network, run)
            yield MOVED, f"{name}, run with {ms} ms", network
        if run < encoder.lookahead:
            missing = encoder.lookahead - run
            network.encoder = ImaginingEncoder(encoder.network, run, missing, Held(missing))
            yield HELD, f"{name}, run with {ms} ms", network
    network.encoder = encoder


def _fit_scales(learner: Learner, pack: Pack) -> None:
    """Measures the scales of motion, and of imagined sound, on the first batches."""
    sample = pack.sample()
    learner.network.space.fit(sample.motion)
    encoder = learner.network.encoder
    if isinstance(encoder, ImaginingEncoder):
        encoder.imaginer.fit(sample.mels)
