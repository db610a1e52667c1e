"""dystream train --family published, on the command line."""

import pytest

from dystream_ros.cli import main
from dystream_ros.models.registry import load_model


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("--family published --window 50", "--window belongs to --family compact"),
        ("--family published --start a.safetensors", "weights to begin with --encoder-weights"),
        ("--preset tiny", "--preset belongs to --family published"),
        ("--family published --latents folder", "--latents and --stage1 belong together"),
        ("--family published --latents none --stage1 none", "there is no folder none"),
        ("--family published --encoder-weights none", "there is no file none"),
        ("--family published --lookahead 50", "lookahead is 50 ms; accepted are multiples of 20 ms"),
        ("--family published --preset tiny --steps 50", "encoder_steps is 100 of 50 steps"),
        ("--family published --preset tiny --frames 400", "400 frames and 960 samples asked for"),
    ],
)
def test_wrong_options_are_one_line(corpus, tmp_path, monkeypatch, capsys, options, said):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    assert main(["train", str(corpus), "--run", "run", *options.split()]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1


def test_a_run_prints_where_its_model_is(corpus, tmp_path, capsys):
    options = "--family published --preset tiny --steps 3 --encoder-steps 1 --batch 2 --lookahead 20 --device cpu"
    assert main(["train", str(corpus), "--run", str(tmp_path), *options.split()]) == 0
    assert f"model: {tmp_path / 'model'}" in capsys.readouterr().out
    assert load_model(str(tmp_path / "model")).network.lookahead == 320
