"""What README and the other pages name exists: files, anchors, commands, options, targets, arguments, counters."""

import ast
import contextlib
import importlib.util
import io
import json
import re
import runpy
import subprocess
import sys
from functools import cache
from pathlib import Path

import launch_stand_in
import pytest

from dystream_ros import cli
from dystream_ros.face.expressions import EXPRESSIONS
from dystream_ros.face.gestures import ALIASES, GESTURES
from dystream_ros.nodes.parameters import PARAMETERS

ROOT = Path(__file__).resolve().parents[2]
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "QUALITY_DECLARATION.md",
    ROOT / "examples" / "README.md",
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "dystream_ros" / "assets").glob("*/README.md")),
]
TEXT = {page.relative_to(ROOT).as_posix(): page.read_text() for page in PAGES}
pages = pytest.mark.parametrize("page", TEXT)


def slug(heading):
    """The anchor that GitHub gives a heading."""
    kept = re.sub(r"[^\w\- ]", "", heading.strip().lower())
    return kept.replace(" ", "-")


def anchors(text):
    return {slug(heading) for heading in re.findall(r"^#+ (.+)$", text, re.MULTILINE)}


def named(pattern, flags=0):
    """Each match of the pattern on the pages, with the page it is on."""
    return sorted({(page, found) for page, text in TEXT.items() for found in re.findall(pattern, text, flags)})


@pages
def test_links_lead_to_files_and_headings_that_exist(page):
    folder = (ROOT / page).parent
    for target in re.findall(r"\]\(([^)]+)\)", TEXT[page]):
        if target.startswith("http"):
            continue
        file, _, anchor = target.partition("#")
        path = (folder / file).resolve() if file else ROOT / page
        assert path.exists(), target
        if anchor:
            assert anchor in anchors(path.read_text()), target


@pages
def test_files_of_the_repository_are_named_with_their_path(page):
    pattern = r"`((?:dystream_ros|dystream_lab|scripts|test|launch|config|benchmarks|examples)/[\w/.-]*)`"
    for path in re.findall(pattern, TEXT[page]):
        message_type = re.search(r"[A-Z]\w+$", path)
        assert message_type or (ROOT / path).exists(), path


@cache
def help_of(*command):
    with contextlib.redirect_stdout(io.StringIO()) as printed, pytest.raises(SystemExit) as ended:
        cli.main([*command, "--help"])
    assert ended.value.code == 0, f"dystream {' '.join(command)} --help"
    return printed.getvalue()


def command_lines():
    """The command lines of `dystream` in code: (page, words)."""
    lines = named(r"(?:^ +|`)(dystream [^`\n]*)", re.MULTILINE)
    return [(page, line.partition("#")[0].split()[1:]) for page, line in lines]


def test_each_command_of_dystream_exists_with_its_options(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    known = set(re.findall(r"^ +([a-z][\w-]+)(?: |$)", help_of(), re.MULTILINE))
    for page, words in command_lines():
        if not words or words[0].startswith(("-", "<")) or words[0] == "COMMAND":
            continue
        assert words[0] in known, f"{page}: dystream {' '.join(words)}"
        command = words[:1]
        choices = {name for group in re.findall(r"\{([\w,-]+)\}", help_of(*command)) for name in group.split(",")}
        if len(words) > 1 and words[1] in choices and f" {words[1]} " in help_of(*command):
            command = words[:2]
        for option in (word.partition("=")[0].strip("'") for word in words if word.startswith("--")):
            options = help_of(*command) + help_of(*command[:1])
            assert re.search(rf"{re.escape(option)}\b", options), f"{page}: dystream {' '.join(words)}: {option}"


def test_each_make_target_and_variable_exists():
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    for page, rest in named(r"(?:^ +|`)make ([^`\n]*)", re.MULTILINE):
        words = rest.partition("#")[0].split("   ")[0]
        words = re.sub(r"'[^']*'|\"[^\"]*\"", "", words).split()
        for word in words:
            if "=" in word:
                assert word.partition("=")[0] in makefile, f"{page}: make {rest}"
            else:
                assert word in targets, f"{page}: make {rest}"


@pytest.fixture
def launch_arguments(monkeypatch):
    """The arguments of each launch file."""
    for name, module in launch_stand_in.modules().items():
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.delitem(sys.modules, "dystream_ros.nodes.common.launching", raising=False)
    made = {}
    for path in (ROOT / "launch").glob("*.launch.py"):
        description = runpy.run_path(str(path))["generate_launch_description"]()
        made[path.name] = {argument.name for argument in description.get_launch_arguments()}
    yield made
    sys.modules.pop("dystream_ros.nodes.common.launching", None)


def test_launch_files_and_their_arguments_exist(launch_arguments):
    for page, file, rest in [(page, *found) for page, found in named(r"dystream_ros (\w+\.launch\.py)([^`\n]*)")]:
        assert file in launch_arguments, f"{page}: {file}"
        for argument in re.findall(r"(\w+):=", rest):
            assert argument in launch_arguments[file], f"{page}: {file} {argument}"
    everything = set().union(*launch_arguments.values()) | known_parameters()
    prefixes = "head|display|recorder|audio_file|face|self_audio|other_audio"
    for page, argument in named(rf"`((?:{prefixes})_\w+)(?::=[^`]*)?`"):
        assert argument in everything, f"{page}: {argument}"


def known_parameters():
    return {parameter.name for parameters in PARAMETERS.values() for parameter in parameters}


def test_parameters_that_are_set_exist():
    for page, name in named(r"(?:-p |param set /\w+ |`)(\w+):=") + named(r"param set /\w+ (\w+)"):
        prefixed = any(name.startswith(f"{node}_") for node in (*PARAMETERS, "self", "other", "face", "left", "right"))
        # What other nodes and placeholders are called.
        if not prefixed and name not in ("parameter", "topic"):
            assert name in known_parameters(), f"{page}: {name}"


def test_modules_that_are_run_exist():
    for page, module in named(r"python -m ((?:dystream_ros|dystream_lab|benchmarks)[\w.]*)"):
        assert importlib.util.find_spec(module.rstrip(".")) is not None, f"{page}: {module}"
    for page, script in named(r"python ((?:scripts|test|examples)/\S+\.py)"):
        assert (ROOT / script).is_file(), f"{page}: {script}"


def test_extras_exist():
    setup = (ROOT / "setup.py").read_text()
    [extras] = [
        keyword.value
        for call in ast.walk(ast.parse(setup))
        if isinstance(call, ast.Call)
        for keyword in call.keywords
        if keyword.arg == "extras_require"
    ]
    known = {key.value for key in extras.keys}
    for page, names in named(r"\.\[([\w,]+)\]'"):
        assert set(names.split(",")) <= known, f"{page}: {names}"


def counters():
    """Names of counters in the code: the first text that a call gives to something that counts."""
    counting = {"error", "warning", "count", "add", "AudioRejected", "Placement", "_note", "_notice"}
    owners = ("reports", "statistics", "figures", "notices")
    found = set()
    for path in (ROOT / "dystream_ros").rglob("*.py"):
        for call in (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)):
            *owner, name = ast.unparse(call.func).split(".")
            logs = name in ("error", "warning", "count", "add")
            if name not in counting or (logs and not (owner and owner[-1].endswith(owners))):
                continue
            texts = [each.value for each in call.args if isinstance(each, ast.Constant) and isinstance(each.value, str)]
            found |= {text for text in texts[:1] if re.fullmatch(r"[a-z_]+", text)}
    return found


def test_each_counter_is_explained_in_troubleshooting():
    explained = set(re.findall(r"`(\w+)`", TEXT["docs/troubleshooting.md"]))
    missing = counters() - explained
    assert counters()
    assert not missing, f"docs/troubleshooting.md does not explain {sorted(missing)}"


def test_the_messages_in_troubleshooting_are_those_of_the_code():
    code = "\n".join(
        path.read_text()
        for folder in ("dystream_ros", "dystream_lab", "scripts")
        for path in (ROOT / folder).rglob("*")
        if path.suffix in (".py", ".sh")
    )
    messages = re.findall(r"^\| `([^`]+)`", TEXT["docs/troubleshooting.md"].split("\n## Messages of")[1], re.MULTILINE)
    assert messages
    for message in messages:
        # The dots and N stand for what varies; one message is that of ROS.
        for part in re.split(r" ?\.\.\. ?|N GB", message) if "Package" not in message else ():
            assert part.strip() in code, message


def test_the_readme_is_short_and_shows_the_measured_figures():
    assert len(TEXT["README.md"].split()) < 1200
    write = runpy.run_path(str(ROOT / "scripts" / "write_figures.py"))
    results = json.loads((ROOT / "benchmarks" / "results.json").read_text())
    assert write["written"](TEXT["README.md"], results) == TEXT["README.md"], "run python scripts/write_figures.py"


def test_the_moving_picture_moves_for_six_to_eight_seconds_and_is_small():
    from PIL import Image

    path = ROOT / "docs" / "conversation.webp"
    picture = Image.open(path)
    assert 6 <= picture.n_frames / 25 <= 8
    assert path.stat().st_size < 4e6


def test_every_gesture_and_expression_is_named_in_order():
    page = TEXT["docs/behaviour.md"]
    for names, section in ((EXPRESSIONS, "Expressions"), ((*GESTURES, *ALIASES), "Gestures")):
        text = page.split(f"## {section}")[1].split("\n## ")[0].split("The names: ")[1]
        assert re.findall(r"`(\w+)`", text)[: len(names)] == list(names)


def test_the_table_of_costs_is_that_of_the_measured_figures():
    results = json.loads((ROOT / "benchmarks" / "budget.json").read_text())
    robot = results["robot"]
    parts = [robot[part] for part in ("head", "actuators", "attention")] + [robot]
    page = TEXT["docs/integration.md"]
    assert " | ".join(["| share of a core", *(f"{part['core']:.2f}" for part in parts)]) in page
    assert " | ".join(["| memory, MiB", *(str(part["memory_mib"]) for part in parts)]) in page
    for name, result in results.items():
        if match := re.fullmatch(r"(\d) heads, (one process|a process each)", name):
            (row,) = (line for line in page.splitlines() if line.startswith(f"| {match[1]} |"))
            slow = result["frame_rate"] < 24
            rest = f" at {result['frame_rate']:.0f} frames per second" if slow else f", {result['memory_mib']} MiB"
            assert f"{result['core']:.2f}{rest}" in row


def test_each_diagram_is_drawn_by_the_script(tmp_path):
    script = ROOT / "scripts" / "draw_architecture.py"
    subprocess.run([sys.executable, str(script), "--output", str(tmp_path)], check=True, capture_output=True)
    drawn = {path.name for path in tmp_path.iterdir()}
    assert drawn == {path.name for path in (ROOT / "docs").glob("*.svg")}
    shown = " ".join(TEXT.values())
    assert all(name in shown for name in drawn)


def test_the_tables_of_the_published_model_are_those_of_the_measured_figures():
    from benchmarks import released_report

    page = TEXT["docs/released.md"]
    for name in ("motion", "encoder", "renderer", "gpu", "calibration"):
        result = json.loads((released_report.FIGURES / f"{name}.json").read_text())
        table = importlib.import_module(f"benchmarks.released_{name}").table(result)
        page = released_report.replaced(page, name, [*table, "", released_report.where_measured(result)])
    assert page == TEXT["docs/released.md"]


def test_the_tables_of_the_evaluation_are_those_of_the_measured_figures():
    write = runpy.run_path(str(ROOT / "scripts" / "write_evaluation_docs.py"))
    tables = dict(write["_tables"]())
    for page in write["PAGES"]:
        for found in write["_PLACE"].finditer(page.read_text()):
            written = found[0].removeprefix(found[1]).removesuffix(found[3]).rstrip("\n")
            assert written == tables[found["name"]], (
                f"{page.name}: {found['name']}; run scripts/write_evaluation_docs.py"
            )
