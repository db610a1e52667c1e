"""The step of compact in ONNX Runtime: equal to PyTorch, found beside weights, in the package or in the cache."""

import json
import shutil
import subprocess
import sys
import zipfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
import torch
from graphs import in_onnx
from patience import PATIENCE
from safetensors.numpy import save_file
from sessions import babble, run

from dystream_ros.assets import demo_conversation
from dystream_ros.cli import main
from dystream_ros.engine.offline import frames_of_files
from dystream_ros.engine.session import Session
from dystream_ros.models.compact import weights, weights_file
from dystream_ros.models.compact.config import CompactConfig
from dystream_ros.models.compact.graph import export as exporting
from dystream_ros.models.compact.graph import file, finding
from dystream_ros.models.compact.graph.model import GraphModel
from dystream_ros.models.compact.graph.running import Graphs
from dystream_ros.models.compact.model import CompactModel
from dystream_ros.models.errors import ModelError
from dystream_ros.models.guidance import Guidance
from dystream_ros.models.registry import find_model, load_model
from dystream_ros.models.runtime import Runtime

FRAMES = 60
BABBLE = babble(FRAMES)
SHIPPED = find_model("compact")
SMALL = {
    "self_channels": 32, "self_rounds": 1, "other_channels": 16, "width": 48, "blocks": 1, "window": 20,
    "head_width": 32, "head_blocks": 1,
}  # fmt: skip


@pytest.fixture(scope="module")
def plain():
    return load_model("compact").network


@pytest.fixture(scope="module")
def live():
    return load_model("compact", Runtime()).network


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache of graphs."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def own_weights(tmp_path):
    """Weights of an architecture that the package has no graph of."""
    path = tmp_path / "own.safetensors"
    weights.save(CompactModel(CompactConfig(**SMALL)), path)
    return path


def test_motion_equals_that_of_pytorch(plain, live):
    assert isinstance(live, GraphModel)
    np.testing.assert_allclose(
        run(Session(live, 3), BABBLE, FRAMES), run(Session(plain, 3), BABBLE, FRAMES), rtol=0, atol=2e-5
    )


def test_motion_of_real_speech_equals_that_of_pytorch_for_half_a_minute(plain, live):
    """Feedback and event onsets accumulate differences of rounding: they stay far below what is visible."""
    sound = demo_conversation()
    motions = [
        np.stack([np.append(frame.motion.values, frame.motion.head_pose) for frame in frames_of_files(sound, sound, s)])
        for s in (Session(live, 1), Session(plain, 1))
    ]
    assert len(motions[0]) > 600
    np.testing.assert_allclose(*motions, rtol=0, atol=1e-3)


def test_silence_and_full_scale_give_finite_motion(live):
    loud = np.sign(BABBLE).astype(np.float32)
    for audio in (np.zeros_like(BABBLE), loud, np.concatenate([loud[:, :9600], np.zeros_like(BABBLE)], axis=1)):
        assert np.isfinite(run(Session(live), audio, FRAMES)).all()


def test_all_branches_of_guidance_and_the_sampler_are_in_the_graph():
    torch.manual_seed(7)
    config = CompactConfig(**SMALL, steps=3)
    model = CompactModel(config, Guidance(0.5, 0.5, 0.3, 1.0)).eval()
    for mlp in (*model.head.by_time, *model.head.by_condition):
        torch.nn.init.normal_(mlp.modulation.weight, std=0.2)
    expected = run(Session(model), BABBLE, FRAMES)
    np.testing.assert_allclose(run(Session(in_onnx(model)), BABBLE, FRAMES), expected, rtol=0, atol=2e-5)


def test_a_graph_fits_other_weights_of_the_same_architecture():
    torch.manual_seed(1)
    model = CompactModel(weights_file.read(SHIPPED).config()).eval()
    for mlp in (*model.head.by_time, *model.head.by_condition):
        torch.nn.init.normal_(mlp.modulation.weight, std=0.2)
    found = finding.find_graph(SHIPPED, weights.content(model))
    graph = GraphModel(weights.content(model), found, Runtime())
    np.testing.assert_allclose(
        run(Session(graph), BABBLE, FRAMES), run(Session(model), BABBLE, FRAMES), rtol=0, atol=2e-5
    )


def test_sessions_of_one_graph_are_independent(live):
    session = Session(live, 3)
    first = run(session, BABBLE, FRAMES)
    run(Session(live, 4), BABBLE[::-1], FRAMES)
    session.reset()
    assert np.array_equal(run(session, BABBLE, FRAMES), first)


def test_a_session_in_a_batch_is_bit_for_bit_that_alone(live):
    single = run(Session(live, 1), BABBLE, FRAMES)
    batch = live.sessions([0, 1])
    for row in range(2):
        batch.prime(row, *BABBLE[:, :960])
    for frame in range(FRAMES):
        new = np.repeat(BABBLE[:, None, 960 + frame * 640 : 960 + (frame + 1) * 640], 2, axis=1)
        assert np.array_equal(batch.step(new[0], new[1])[1].values, single[frame, :52])


def test_a_live_model_needs_no_pytorch():
    code = (
        "import sys, numpy as np\n"
        "from dystream_ros.engine.session import Session\n"
        "from dystream_ros.models.registry import load_model\n"
        "from dystream_ros.models.runtime import Runtime\n"
        "session = Session(load_model('compact', Runtime()).network)\n"
        "silence = np.zeros(session.samples_needed, np.float32)\n"
        "session.step(silence, silence)\n"
        "sys.exit('torch' in sys.modules)\n"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=4 * PATIENCE).returncode == 0


def test_the_graph_has_its_own_copy_of_the_weights(live):
    """So the 16 MiB of the file are freed after loading."""
    content = weights_file.read(SHIPPED)
    graph = GraphModel(content, finding.find_graph(SHIPPED, content), Runtime())
    for tensor in content.tensors.values():
        tensor.fill(np.nan)
    assert np.array_equal(run(Session(graph, 3), BABBLE, FRAMES), run(Session(live, 3), BABBLE, FRAMES))


def test_the_backend_torch_steps_in_pytorch():
    assert isinstance(load_model("compact", Runtime(backend="torch")).network, CompactModel)


def test_a_missing_provider_is_named_with_those_that_are_there():
    with pytest.raises(ModelError, match="'tensorrt', and this ONNX Runtime has cpu"):
        load_model("compact", Runtime(provider="tensorrt"))


@pytest.mark.parametrize("settings", [{"backend": "tf"}, {"provider": "tpu"}, {"threads": 0}])
def test_other_runtimes_are_refused(settings):
    with pytest.raises(ValueError, match="accepted are"):
        Runtime(**settings)


def test_weights_without_a_graph_are_exported_once(cache, own_weights, monkeypatch, caplog):
    assert isinstance(load_model(str(own_weights), Runtime()).network, GraphModel)
    assert "exported once" in caplog.text
    assert len(list(cache.rglob("*.graph"))) == 1

    def fails(*_):
        raise AssertionError("exported again")

    monkeypatch.setattr(exporting, "export", fails)
    assert isinstance(load_model(str(own_weights), Runtime()).network, GraphModel)


def test_without_the_exporter_pytorch_steps_and_says_so(cache, own_weights, monkeypatch, caplog):
    monkeypatch.setattr(exporting, "REQUIRED", ("a_package_that_is_not_there",))
    assert isinstance(load_model(str(own_weights), Runtime()).network, CompactModel)
    assert "a_package_that_is_not_there" in caplog.text
    assert "PyTorch computes the steps" in caplog.text
    with pytest.raises(ModelError, match="a_package_that_is_not_there"):
        load_model(str(own_weights), Runtime(backend="onnx"))


def test_weights_of_the_shipped_architecture_need_no_export(cache, tmp_path, monkeypatch):
    monkeypatch.setattr(exporting, "REQUIRED", ("a_package_that_is_not_there",))
    weights.save(CompactModel(weights_file.read(SHIPPED).config()), tmp_path / "own.safetensors")
    assert isinstance(load_model(str(tmp_path / "own.safetensors"), Runtime()).network, GraphModel)


def test_a_damaged_or_unsuitable_graph_beside_weights_is_passed_over(cache, tmp_path, caplog):
    path = tmp_path / "own.safetensors"
    shutil.copy(SHIPPED, path)
    (tmp_path / "own.graph").write_bytes(b"no graph")
    assert isinstance(load_model(str(path), Runtime()).network, GraphModel)
    assert "no graph file" in caplog.text
    description = {"format": 99}
    with zipfile.ZipFile(tmp_path / "own.graph", "w") as archive:
        archive.writestr("description.json", json.dumps(description))
    with pytest.raises(ModelError, match="format 99; this version reads 1"):
        file.read(tmp_path / "own.graph")


def test_any_damage_of_a_graph_file_is_an_error_that_names_it(tmp_path):
    """Also damage within the compressed bytes, and of the method of compression."""
    whole, path, random = file.beside(SHIPPED).read_bytes(), tmp_path / "own.graph", np.random.default_rng(0)
    messages = []
    for number in range(200):
        damaged = bytearray(whole)
        if number % 2:
            damaged[random.integers(len(damaged))] ^= 1 << random.integers(8)
        else:
            del damaged[random.integers(len(damaged)) :]
        path.write_bytes(damaged)
        try:
            file.read(path)
        except ModelError as error:
            messages.append(str(error))
    assert len(messages) > 150
    assert all(str(path) in message for message in messages)


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"noise_size": 10**12}, "a size is 1000000000000"),
        ({"noise_size": "many"}, "a size is 'many'"),
        ({"state": [{"name": "a", "shape": [10**6, 10**6], "dtype": "float32", "fill": 0}]}, "a size is 1000000000000"),
        ({"state": [{"name": "a", "shape": [1], "dtype": "object", "fill": 0}]}, "of type 'object'"),
        ({"state": [{"name": "a", "shape": [1], "dtype": "float32", "fill": float("nan")}]}, "filled with nan"),
        ({"state": 3}, "TypeError"),
    ],
)
def test_a_description_that_asks_for_too_much_is_refused(tmp_path, change, what):
    path = tmp_path / "own.graph"
    with zipfile.ZipFile(file.beside(SHIPPED)) as shipped, zipfile.ZipFile(path, "w") as archive:
        described = json.loads(shipped.read("description.json")) | change
        archive.writestr("description.json", json.dumps(described))
        for name in set(shipped.namelist()) - {"description.json"}:
            archive.writestr(name, shipped.read(name))
    with pytest.raises(ModelError, match=what):
        file.read(path)


def test_a_graph_that_does_not_fit_its_description_is_refused(tmp_path):
    read = file.read(file.beside(SHIPPED))
    state = [replace(read.state[0], shape=(*read.state[0].shape, 2)), *read.state[1:]]
    tensors = weights_file.read(SHIPPED).tensors
    with pytest.raises(ModelError, match=read.state[0].name):
        Graphs(replace(read, state=tuple(state)), tensors, Runtime())
    with pytest.raises(ModelError, match="the weights lack"):
        Graphs(read, {}, Runtime())


def test_heads_that_write_one_graph_at_once_leave_a_whole_one(tmp_path):
    graph = file.read(file.beside(SHIPPED))
    with ThreadPoolExecutor(4) as threads:
        for written in [threads.submit(graph.write, tmp_path / "own.graph") for _ in range(12)]:
            written.result()
    assert file.read(tmp_path / "own.graph") == graph
    assert [path.name for path in tmp_path.iterdir()] == ["own.graph"]


def test_a_cache_that_cannot_be_written_is_said_and_the_graph_is_used(tmp_path, monkeypatch, caplog):
    graph = file.read(file.beside(SHIPPED))
    monkeypatch.setattr(exporting, "export", lambda *_: graph)
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert finding.export_to_cache(SHIPPED, weights_file.read(SHIPPED)) == graph
    assert "cannot be kept for the next time" in caplog.text


def test_a_user_without_a_home_folder_needs_no_cache(monkeypatch):
    def none():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(finding.Path, "home", none)
    assert finding.find_graph(SHIPPED, weights.content(CompactModel(CompactConfig(**SMALL)))) is None


def test_an_exporter_that_fails_leaves_the_steps_to_pytorch(cache, own_weights, monkeypatch, caplog):
    def fails(*_):
        raise NotImplementedError("this operation")

    monkeypatch.setattr(exporting, "export", fails)
    assert isinstance(load_model(str(own_weights), Runtime()).network, CompactModel)
    assert "NotImplementedError: this operation; PyTorch computes the steps" in caplog.text


@pytest.mark.parametrize("backend", ["auto", "torch"])
@pytest.mark.parametrize(
    "header", [{}, {"config": "{", "guidance": "{}"}, {"config": '{"colour": 1}', "guidance": "{}"}]
)
def test_weights_with_other_settings_are_refused_at_once(cache, tmp_path, header, backend, caplog):
    path = tmp_path / "own.safetensors"
    save_file({"a": np.zeros(3, np.float16)}, path, {"format": weights_file.FORMAT} | header)
    with pytest.raises(ModelError, match=r"own\.safetensors does not fit this version's compact model"):
        load_model(str(path), Runtime(backend))
    assert not caplog.text


_MISSING = """
import sys
class Without:
    def __init__(self, finder): self.finder = finder
    def find_spec(self, name, path=None, target=None):
        return None if name.partition(".")[0] in sys.argv[2].split(",") else self.finder.find_spec(name, path, target)
sys.meta_path[:] = [Without(finder) for finder in sys.meta_path]
from dystream_ros.cli import main
sys.exit(main(sys.argv[3:]))
"""


def without(packages, *arguments):
    """Run a command in a Python that lacks packages; returns what it printed as an error."""
    command = [sys.executable, "-c", _MISSING, "--", packages, *map(str, arguments)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=4 * PATIENCE)
    assert ran.returncode == 2, ran.stdout
    return ran.stderr


def test_a_missing_package_is_named_with_what_to_do(cache, own_weights, tmp_path):
    sound = demo_conversation()
    motion = ("motion", "--self", sound, "--other", sound, "-o", tmp_path / "m.csv", "--model")
    for command in ((*motion, own_weights), ("export", own_weights)):
        told = without("torch", *command)
        assert "exporting one needs torch" in told
        assert "dystream export own.safetensors" in told
        assert "it is exported once" not in told
    assert "pip install onnx onnxscript" in without("onnx,onnxscript", "export", own_weights)
    assert "pip install onnxruntime" in without("onnxruntime", *motion, "compact")


def test_the_command_writes_a_graph_beside_the_weights(cache, tmp_path, capsys):
    path = tmp_path / "own.safetensors"
    shutil.copy(SHIPPED, path)
    assert main(["export", str(path)]) == 0
    assert str(tmp_path / "own.graph") in capsys.readouterr().out
    written = file.read(tmp_path / "own.graph")
    assert written == file.read(file.beside(SHIPPED))
    assert main(["export", str(tmp_path / "none.safetensors")]) == 2
    assert "there is no file" in capsys.readouterr().err
    assert main(["export", str(path), "-o", str(tmp_path / "own.onnx")]) == 2
    assert ".graph" in capsys.readouterr().err


def test_the_shipped_graph_is_the_export_of_the_present_code(plain):
    """Export it again after a change of the network: dystream export dystream_ros/assets/models/compact.safetensors."""
    exported = exporting.export(plain, weights_file.read(SHIPPED).architecture_sha256())
    shipped = file.read(file.beside(SHIPPED))
    assert (exported.state, exported.noise_size) == (shipped.state, shipped.noise_size)
    assert (exported.step.weights, exported.prime.weights) == (shipped.step.weights, shipped.prime.weights)
