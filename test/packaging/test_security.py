"""What SECURITY.md says of the code: nothing is unpickled or evaluated, no shell is started, only `web` listens."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted((ROOT / "dystream_ros").rglob("*.py"))
LABORATORY = sorted((ROOT / "dystream_lab").rglob("*.py"))
# `import pickle` alone is no breach: its UnpicklingError is caught.
UNPICKLE = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}
LISTEN = {"aiohttp", "aiortc", "http.server", "socketserver", "xmlrpc.server", "websockets", "flask", "fastapi"}


def breaches(source):
    """What of a file is against SECURITY.md, one text each."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = {alias.name for alias in node.names} if isinstance(node, ast.Import) else {node.module or ""}
            for name in names:
                if name.partition(".")[0] in UNPICKLE and not (name == "pickle" and isinstance(node, ast.Import)):
                    yield f"{name} can run what it reads"
                if name in LISTEN or name.partition(".")[0] in LISTEN:
                    yield "listens"
        if not isinstance(node, ast.Call):
            continue
        called = ast.unparse(node.func)
        options = {each.arg: ast.unparse(each.value) for each in node.keywords}
        if called in ("eval", "exec", "compile", "__import__", "os.system", "os.popen"):
            yield f"{called} runs a text"
        if options.get("shell", "False") != "False":
            yield f"{called} starts a shell"
        if options.get("allow_pickle", "False") != "False":
            yield f"{called} unpickles"
        if called.startswith(("pickle.", "_pickle.")):
            yield f"{called} unpickles"
        if called == "torch.load" and options.get("weights_only") != "True":
            yield "torch.load unpickles"
        if called == "torch.save":
            yield "torch.save pickles"
        if called == "torch.jit.load":
            yield "torch.jit.load runs what it reads"
        if called in ("yaml.load", "yaml.load_all", "yaml.unsafe_load", "yaml.full_load"):
            yield f"{called} makes objects of any class"
        if called.endswith((".listen", ".start_server", ".create_server")) and not node.args[1:2]:
            yield "listens"


@pytest.mark.parametrize(
    "source",
    [
        "pickle.loads(data)",
        "from pickle import loads",
        "import marshal",
        "from joblib import load",
        "eval(text)",
        "subprocess.run(command, shell=True)",
        "np.load(path, allow_pickle=True)",
        "torch.load(path)",
        "torch.save(state, path)",
        "yaml.load(text, Loader=yaml.Loader)",
        "server.listen()",
        "from aiohttp import web",
    ],
)
def test_a_breach_is_found(source):
    assert list(breaches(source))


def test_nothing_is_unpickled_or_evaluated_and_only_web_listens():
    found = [(path.relative_to(ROOT).as_posix(), breach) for path in FILES for breach in breaches(path.read_text())]
    assert [each for each in found if each[1] != "listens"] == []
    assert {name.rpartition("/")[0] for name, _ in found} == {"dystream_ros/nodes/web"}


def test_the_laboratory_neither_pickles_nor_unpickles():
    found = [
        (path.relative_to(ROOT).as_posix(), breach) for path in LABORATORY for breach in breaches(path.read_text())
    ]
    assert [each for each in found if "pickle" in each[1] or "can run" in each[1]] == []
