"""The study "causal" of `python -m benchmarks.ablations`: what a causal audio encoder gains from sound to come."""

from pathlib import Path

from benchmarks.ablations_causal import figure, report
from benchmarks.ablations_causal.study import Study
from benchmarks.ablations_causal.times import step_ms


def run(corpus: Path, runs: Path, ablations: Path, steps: int, seeds: int) -> None:
    """Trains, measures and times what is missing; writes results and figure beside `ablations`, prints the tables.

    Args:
        corpus: folder of the corpus.
        runs: folder of the trainings.
        ablations: JSON file of the other studies; that of this one has its name with "_causal", the figure too.
        steps: of each training.
        seeds: number of seeds; 0 prints and draws the results that there are.

    Raises:
        ValueError: the results, or a training in the folder, have other settings.
    """
    path = ablations.with_name(f"{ablations.stem}_causal.json")
    study = Study(corpus, runs, path, steps, seeds)
    results = study.known()
    if report.STEP_MS not in results:
        results[report.STEP_MS] = step_ms()
        study.write(results)
    study.run(results)
    for name, table in report.tables(results):
        print(f"{name}\n\n{table}", end="\n\n", flush=True)
    figure.draw(results, path.with_suffix(".png"))
