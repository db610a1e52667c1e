"""The command line as a user meets it."""

import re
import subprocess
import sys

import pytest

from dystream_ros import __version__, cli


def test_help_lists_every_command_with_examples(capsys):
    with pytest.raises(SystemExit) as ended:
        cli.main(["--help"])
    assert ended.value.code == 0
    text = capsys.readouterr().out
    assert "dystream render --self a.wav" in text
    assert cli.commands()
    for name in cli.commands():
        assert re.search(rf"\n    {name}\s", text)


@pytest.mark.parametrize("command", cli.commands())
def test_every_command_explains_its_options(command, capsys):
    with pytest.raises(SystemExit) as ended:
        cli.main([command, "--help"])
    assert ended.value.code == 0
    assert "usage: dystream" in capsys.readouterr().out


def test_version(capsys):
    with pytest.raises(SystemExit):
        cli.main(["--version"])
    assert capsys.readouterr().out == f"dystream {__version__}\n"


def test_an_unknown_command_is_named_with_the_known_ones(capsys):
    with pytest.raises(SystemExit) as ended:
        cli.main(["dance"])
    assert ended.value.code == 2
    text = capsys.readouterr().err
    assert "'dance'" in text
    assert "demo" in text


def test_an_error_is_one_line_and_status_2(capsys):
    assert cli.main(["demo", "--self", "/no/such/file.wav"]) == 2
    text = capsys.readouterr().err
    assert text.count("\n") == 1
    assert text.startswith("dystream demo: ")


def test_a_traceback_is_shown_on_request():
    with pytest.raises((ImportError, ValueError)):
        cli.main(["--traceback", "demo", "--self", "/no/such/file.wav"])


def test_the_list_of_commands_needs_neither_torch_nor_ros():
    script = (
        "import sys; from dystream_ros import cli\n"
        "try: cli.main(['--help'])\n"
        "except SystemExit: pass\n"
        "sys.exit(', '.join({'torch', 'rclpy', 'matplotlib', 'cv2'} & set(sys.modules)) or 0)"
    )
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert (result.returncode, result.stderr) == (0, "")
