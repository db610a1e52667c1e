"""The study of causal encoders: every strategy is trained and measured once, and all of them are in the tables."""

import json
from pathlib import Path

import pytest
from tiny_training import write_corpus

from benchmarks.ablations_causal import figure, report
from benchmarks.ablations_causal.strategies import LOOKAHEADS, Sizes, strategies
from benchmarks.ablations_causal.study import HELD, MATRIX, MOVED, ROWS, Study
from dystream_lab.training.causal import fitting

TINY = Sizes(mels=8, channels=8, rounds=1, features=8)


@pytest.fixture(scope="module")
def study(tmp_path_factory) -> Study:
    root = tmp_path_factory.mktemp("study")
    write_corpus(root / "corpus")
    index = json.loads((root / "corpus" / "index.json").read_text())
    for clip in index["clips"]:
        clip["voices"] = ["made/a", "made/b"]
    (root / "corpus" / "index.json").write_text(json.dumps(index))
    made = Study(root / "corpus", root / "runs", root / "results.json", 2, 1, 2, 2, 20, TINY)
    made.run(made.known())
    return made


def test_every_strategy_and_every_change_of_the_lookahead_is_measured(study):
    results = study.known()
    single = {strategy.name for strategy in strategies(TINY)} - {"random lookahead"}
    assert set(results[ROWS]) == single | {f"random lookahead, run with {ms} ms" for ms in LOOKAHEADS}
    assert len(results[MOVED]) == len(MATRIX) * (len(MATRIX) - 1)
    assert len(results[HELD]) == len(MATRIX) * (len(MATRIX) - 1) // 2
    for group in (ROWS, MOVED, HELD):
        assert all(set(seeds) == {"0"} for seeds in results[group].values())


def test_what_is_in_the_results_is_not_trained_or_measured_again(study, monkeypatch):
    results = study.known()
    del results[ROWS]["lookahead 20 ms"]
    trained = []
    monkeypatch.setattr(fitting, "_descend", lambda learner, batches, run, config, label: trained.append(run.name))
    study.run(results)
    assert not trained  # its weights are in the folder
    assert json.dumps(results, sort_keys=True) == json.dumps(study.known(), sort_keys=True)
    assert "lookahead 20 ms" in results[ROWS]


def test_results_with_other_settings_are_refused(study):
    other = Study(study.corpus, study.runs, study.results, 3, 1, 2, 2, 20, TINY)
    with pytest.raises(ValueError, match="give the same settings or another file"):
        other.known()


def test_the_tables_have_all_rows_with_mean_and_spread_over_the_seeds():
    found = {"correlation": 0.5, "P B M at 0.5 /s": 0.25, "F V at 0.5 /s": 0.5}
    rows = {
        "lookahead 120 ms": {"0": found},
        "lookahead 20 ms": {"0": found, "1": {name: value + 0.1 for name, value in found.items()}},
        "predicts log-mels": {"0": found},
        "two-sided": {"0": found},
        "random lookahead, run with 20 ms": {"0": found},
    }
    moved = {"lookahead 20 ms, run with 40 ms": {"0": found}}
    results = {ROWS: rows, MOVED: moved, HELD: {}, report.STEP_MS: {"predicts log-mels": 2.0}}
    tables = dict(report.tables(results))
    lines = tables["causal"].splitlines()
    assert [line.split(" | ")[0].strip("| ") for line in lines[2:]] == [
        "two-sided", "lookahead 20 ms", "lookahead 120 ms", "predicts log-mels",
    ]  # fmt: skip
    assert lines[3].startswith("| lookahead 20 ms | 20 | 60 | 0.55 ± 0.071 | 0.3 ± 0.071 |")
    assert lines[5].startswith("| predicts log-mels | 0 | 40 |")
    assert "| 2.00 | 1 |" in lines[5]
    assert "| 20 ms | - | 0.55 ± 0.071 | 0.5 |" in tables["causal moved"]
    assert "| 20 ms | 0.3 ± 0.071 | 0.25 |" in tables["causal random"]


def test_the_figure_is_drawn_of_the_rows_that_there_are(tmp_path: Path):
    found = {"correlation": 0.5, "P B M at 0.5 /s": 0.25}
    rows = {"two-sided": {"0": found}, "lookahead 0 ms": {"0": found}}
    figure.draw({ROWS: rows}, tmp_path / "figure.png")
    assert (tmp_path / "figure.png").read_bytes()[:4] == b"\x89PNG"
