"""The Makefile hands paths to the commands as they were given."""

import shlex
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ODD = 'it\'s "my" face, 1 (copy)'


def words(*arguments, **environment):
    """The words of the shell commands that make would run."""
    run = subprocess.run(
        ["make", "-n", *arguments], cwd=ROOT, capture_output=True, text=True, check=True, env=environment or None
    )
    return shlex.split(run.stdout)


@pytest.mark.parametrize(
    ("target", "variable", "option"),
    [
        ("demo", "SELF", "--self"),
        ("demo", "OTHER", "--other"),
        ("demo", "PORTRAIT", "--portrait"),
        ("demo", "MODEL", "--model"),
        ("talk", "PORTRAIT", "--portrait"),
    ],
)
def test_a_path_with_spaces_and_quotes_is_one_argument(target, variable, option):
    made = words(target, f"{variable}={ODD}/a file.wav")
    assert made[made.index(option) + 1] == f"{ODD}/a file.wav"


def test_a_photo_brings_what_fits_a_head_to_it_and_a_portrait_file_does_not(tmp_path):
    for name in ("me.jpg", "me.face"):
        (tmp_path / ODD).mkdir(exist_ok=True)
        (tmp_path / ODD / name).touch()
    assert "portrait" in words("demo", f"PORTRAIT={tmp_path / ODD / 'me.jpg'}")
    assert "portrait" in words("demo", f"PORTRAIT=~/{ODD}/me.jpg", HOME=str(tmp_path), PATH="/usr/bin:/bin")
    assert "portrait" not in words("demo", f"PORTRAIT={tmp_path / ODD / 'me.face'}")
    assert "portrait" not in words("demo", "PORTRAIT=ada")
