"""The command line as a user meets it: help, unknown commands, errors, warnings."""

import os
import re
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

import dystream_ros
from dystream_ros import __version__, cli

HEAD, LABORATORY = cli.commands("dystream_ros.cli"), cli.commands("dystream_lab.cli")
ACTIONS = [
    ("portrait", "prepare"),
    ("ab-kit", "make"),
    ("ab-kit", "score"),
    ("character", "new"),
    ("character", "list"),
]


def help_of(capsys, *words):
    with pytest.raises(SystemExit) as ended:
        cli.main([*words, "--help"])
    assert ended.value.code == 0
    return capsys.readouterr().out


def run_alone(script, **environment):
    """A Python script in a process of its own, in a folder without the source tree."""
    return subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, cwd="/", env=os.environ | environment
    )


def test_help_lists_the_commands_of_the_face_apart_from_those_of_the_laboratory(capsys):
    text = help_of(capsys)
    face, laboratory = re.search(
        r"\ncommands:\n(.*?)\n\ncommands of the laboratory:\n(.*?)\n\n", text, re.DOTALL
    ).groups()
    assert [line.split()[0] for line in face.splitlines()] == sorted(HEAD)
    assert [line.split()[0] for line in laboratory.splitlines()] == sorted(LABORATORY)
    assert {"demo", "render", "motion", "fetch", "convert"} < set(HEAD)
    assert {"train", "evaluate", "corpus"} < set(LABORATORY)
    assert all(len(line.split(maxsplit=1)) == 2 for line in (face + "\n" + laboratory).splitlines())
    assert "dystream render --self a.wav" in text


def test_without_a_command_the_help_is_shown_as_an_error(capsys):
    assert cli.main([]) == 2
    assert "commands of the laboratory" in capsys.readouterr().err


@pytest.mark.parametrize("words", [*((name,) for name in (*HEAD, *LABORATORY)), *ACTIONS], ids=" ".join)
def test_the_help_of_a_command_explains_it_and_names_real_defaults(words, capsys):
    text = help_of(capsys, *words)
    assert text.startswith("usage: dystream")
    assert len(text.split("\n\n")[1]) > 20
    assert "default: None" not in text
    assert "%(default)s" not in text


def test_version(capsys):
    with pytest.raises(SystemExit):
        cli.main(["--version"])
    assert capsys.readouterr().out == f"dystream {__version__}\n"


def test_an_unknown_command_is_named_with_the_known_ones(capsys):
    assert cli.main(["dance"]) == 2
    text = capsys.readouterr().err
    assert "'dance'" in text
    assert "demo" in text
    assert "train" in text


def test_without_the_laboratory_the_help_and_its_commands_say_how_to_get_it(tmp_path):
    (tmp_path / "dystream_ros").symlink_to(Path(dystream_ros.__file__).parent)
    root = str(Path(dystream_ros.__file__).parents[1])
    paths = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path and Path(path) != Path(root)]
    script = (
        "import sys; from dystream_ros import cli\n"
        "try: cli.main(['--help'])\n"
        "except SystemExit: pass\n"
        "sys.exit(cli.main(['train', 'corpus/first', '--run', 'runs/first']))"
    )
    result = run_alone(script, PYTHONPATH=os.pathsep.join([str(tmp_path), *paths]))
    assert "commands of the laboratory: not installed; in the checkout: pip install '.[lab]'" in result.stdout
    assert result.returncode == 2
    assert "there is no command 'train'" in result.stderr
    assert "pip install '.[lab]'" in result.stderr


def test_an_error_is_one_line_and_status_2(capsys):
    assert cli.main(["demo", "--self", "/no/such/file.wav"]) == 2
    text = capsys.readouterr().err
    assert text.count("\n") == 1
    assert text.startswith("dystream demo: ")


def test_an_error_of_the_operating_system_names_its_path(tmp_path, capsys):
    assert cli.main(["average", str(tmp_path / "a.safetensors"), "-o", str(tmp_path / "b.safetensors")]) == 2
    assert str(tmp_path / "a.safetensors") in capsys.readouterr().err


@pytest.mark.parametrize("words", [["--traceback", "demo"], ["demo", "--traceback"]], ids=["before", "after"])
def test_a_traceback_is_shown_on_request(words):
    with pytest.raises(ValueError, match="no such file"):
        cli.main([*words, "--self", "/no/such/file.wav"])


@pytest.fixture
def folder_of_commands(tmp_path):
    """One more folder in which commands are looked for."""
    cli.__path__.append(str(tmp_path))
    yield tmp_path
    cli.__path__.remove(str(tmp_path))


def test_warnings_of_libraries_are_kept_from_users_and_our_own_are_one_line(folder_of_commands, capsys, monkeypatch):
    (folder_of_commands / "make_noise.py").write_text(
        '"""dystream make-noise: log and warn."""\n'
        "import logging, warnings\n"
        'EXAMPLES = ""\n'
        "def add_arguments(parser): pass\n"
        "def run(args):\n"
        "    warnings.warn('this will change', FutureWarning)\n"
        "    logging.getLogger('some_library').warning('a library is worried')\n"
        "    logging.getLogger('dystream_ros.rendering').warning('the photo is warped')\n"
        "    return 0\n"
    )
    monkeypatch.setattr(sys, "warnoptions", [])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert cli.main(["make-noise"]) == 0
        assert not caught
        assert capsys.readouterr().err == "dystream make-noise: the photo is warped\n"
        assert cli.main(["--traceback", "make-noise"]) == 0
        assert [str(warning.message) for warning in caught] == ["this will change"]
        assert "a library is worried" in capsys.readouterr().err


def test_a_new_command_is_one_file(folder_of_commands, capsys):
    (folder_of_commands / "say_hello.py").write_text(
        '"""dystream say-hello: print a greeting."""\n'
        'EXAMPLES = "examples:\\n  dystream say-hello --name Ada"\n'
        "def add_arguments(parser): parser.add_argument('--name', required=True)\n"
        "def run(args): print(f'Hello, {args.name}'); return 0\n"
    )
    (folder_of_commands / "a_shared_part.py").write_text('"""Not a command."""\n')
    assert re.search(r"\n  say-hello +print a greeting\n", help_of(capsys))
    assert "a-shared-part" not in cli.commands("dystream_ros.cli")
    assert cli.main(["say-hello", "--name", "Ada"]) == 0
    assert capsys.readouterr().out == "Hello, Ada\n"


def test_a_command_whose_package_is_missing_is_one_line(folder_of_commands, capsys):
    (folder_of_commands / "need_much.py").write_text(
        '"""dystream need-much: need a package."""\n'
        'EXAMPLES = ""\n'
        "def add_arguments(parser):\n    import a_package_that_nobody_has\n"
    )
    assert cli.main(["need-much"]) == 2
    assert capsys.readouterr().err == (
        "dystream need-much: the package a_package_that_nobody_has is not installed; in the checkout: pip install .\n"
    )


def test_the_list_of_commands_imports_none_of_them():
    script = (
        "import sys; from dystream_ros import cli\n"
        "try: cli.main(['--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'torch', 'rclpy', 'matplotlib', 'cv2', 'dystream_ros.cli.render', 'dystream_lab.cli.train'}\n"
        "sys.exit(', '.join(heavy & set(sys.modules)) or 0)"
    )
    result = run_alone(script, PYTHONPATH=os.pathsep.join([str(Path(dystream_ros.__file__).parents[1])]))
    assert (result.returncode, result.stderr) == (0, "")
