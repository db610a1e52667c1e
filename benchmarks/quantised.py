"""compact with weights of fewer bits: time of a step, size, and the sections of the evaluation that decide.

    python -m benchmarks.quantised build/quantised.json [--every N] [--seeds N] [--variants NAME ...]

Needs pip install '.[train,evaluate]' and the recordings of the set `real` (see docs/evaluation.md).
"""

import argparse
import json
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic

from dystream_lab.evaluation.measures import stillness
from dystream_lab.evaluation.reports import comparison
from dystream_lab.evaluation.reports.tables import table
from dystream_lab.evaluation.rows.model import ModelRow
from dystream_lab.evaluation.sets import catalogue
from dystream_ros.models.compact import weights_file
from dystream_ros.models.compact.graph.file import Graph, GraphFile
from dystream_ros.models.compact.graph.finding import find_graph
from dystream_ros.models.compact.graph.model import GraphModel
from dystream_ros.models.compact.weights_file import WeightsFile
from dystream_ros.models.registry import find_model
from dystream_ros.models.runtime import Runtime

_FRAMES = 250
_ROUNDS = 8
_AFTER_ENCODERS = ("transformer.", "head.")


def variants() -> dict[str, tuple[GraphModel, float]]:
    """Models by name, and the size of their weights in MB."""
    path = find_model("compact")
    weights = weights_file.read(path)
    graph = find_graph(path, weights)
    assert graph is not None
    size = sum(tensor.nbytes for tensor in weights.tensors.values()) / 1e6
    halved = {name: tensor.astype(np.float16).astype(np.float32) for name, tensor in weights.tensors.items()}
    made = {
        "float32": (GraphModel(weights, graph, Runtime()), size),
        "float16 weights": (GraphModel(replace(weights, tensors=halved), graph, Runtime()), size / 2),
    }
    for name, per_channel, parts in (
        ("int8", False, ("",)),
        ("int8 by channel", True, ("",)),
        ("int8 by channel, transformer and head only", True, _AFTER_ENCODERS),
    ):
        quantised, content = _quantised(graph, weights, per_channel, parts)
        made[name] = (GraphModel(weights, quantised, Runtime()), content)
    return made


def _quantised(
    graph: GraphFile, weights: WeightsFile, per_channel: bool, parts: tuple[str, ...]
) -> tuple[GraphFile, float]:
    """The graph with 8-bit weights in its step, and its size in MB; `prime` stays as it is.

    Args:
        per_channel: one scale for each output of a product instead of one for all.
        parts: beginnings of the names of the weights that have 8 bits; filters of the log-mels never do.
    """
    model = onnx.load_model_from_string(graph.step.model, format="protobuf")
    for tensor in model.graph.initializer:
        if tensor.name in graph.step.weights:
            tensor.CopyFrom(numpy_helper.from_array(np.asarray(weights.tensors[tensor.name]), tensor.name))
    with tempfile.TemporaryDirectory() as folder:
        before, after = Path(folder) / "float.onnx", Path(folder) / "int8.onnx"
        weight_of = _make_factors_constant(model, graph.step.weights)
        excluded = [
            node.name
            for node in model.graph.node
            if node.op_type in ("MatMul", "Gemm")
            and not any(weight_of.get(name, "-").startswith(parts) for name in node.input)
        ]
        onnx.save(model, before)
        quantize_dynamic(before, after, per_channel=per_channel, weight_type=QuantType.QInt8, nodes_to_exclude=excluded)
        content = after.read_bytes()
    return replace(graph, step=Graph(content, ())), len(content) / 1e6


def _make_factors_constant(model: onnx.ModelProto, weights: tuple[str, ...]) -> dict[str, str]:
    """Turn the transposed weights of products into constants, which can be quantised; the weight by its constant."""
    constants = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    weight_of = {name: name for name in weights}
    kept = []
    for node in model.graph.node:
        if node.op_type == "Transpose" and node.input[0] in constants:
            order = next((tuple(each.ints) for each in node.attribute if each.name == "perm"), None)
            turned = np.ascontiguousarray(np.transpose(constants[node.input[0]], order))
            model.graph.initializer.append(numpy_helper.from_array(turned, node.output[0]))
            weight_of[node.output[0]] = node.input[0]
        else:
            kept.append(node)
    del model.graph.node[:]
    model.graph.node.extend(kept)
    return weight_of


def steps(models: dict[str, GraphModel]) -> dict[str, dict[str, float]]:
    """Median time of a step in turns, s of the thread, and the largest difference of motion from float32."""
    sound = (0.1 * np.random.default_rng(0).standard_normal((2, _FRAMES * 640))).astype(np.float32)
    times: dict[str, list[float]] = {name: [] for name in models}
    motions: dict[str, np.ndarray] = {}
    for _ in range(_ROUNDS):
        for name, model in models.items():
            batch, taken, made = model.sessions([0]), [], []
            for frame in range(_FRAMES):
                new = sound[:, None, frame * 640 : (frame + 1) * 640]
                begun = time.thread_time()
                motion = batch.step(np.ascontiguousarray(new[0]), np.ascontiguousarray(new[1]))[0]
                taken.append(time.thread_time() - begun)
                made.append(motion.values)
            times[name].append(float(np.median(taken)))
            motions[name] = np.array(made)
    return {
        name: {
            "step_ms": round(1e3 * min(times[name]), 3),
            "difference_first_step": float(np.abs(motions[name][0] - motions["float32"][0]).max()),
            "difference_250_frames": float(np.abs(motions[name] - motions["float32"]).max()),
        }
        for name in models
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("output", type=Path)
    parser.add_argument("--every", type=int, default=1, help="use every Nth recording")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--sessions", type=int, default=stillness.SESSIONS, help="of stillness")
    parser.add_argument("--variants", nargs="+", help="names of variants; float32 is the first")
    parser.add_argument("--cache", type=Path, default=Path("build/evaluation"))
    args = parser.parse_args()
    made = {name: each for name, each in variants().items() if not args.variants or name in args.variants}
    models = {name: model for name, (model, _) in made.items()}
    report: dict[str, object] = {
        "steps": steps(models),
        "weights_mb": {name: round(mb, 2) for name, (_, mb) in made.items()},
    }
    print(json.dumps(report, indent=1), flush=True)
    real = list(catalogue.load("real", args.cache, None))[:: args.every]
    rows = [ModelRow(name, model, args.seeds) for name, model in models.items()]
    for group, by_row in comparison.compare(rows, {"real": real}):
        found = {name: result.summary for name, result in by_row.items()}
        print(table(f"lips, {group}", found, comparison.BARS[group]), end="\n\n", flush=True)
        report["lips"] = found
        args.output.write_text(json.dumps(report, indent=1) + "\n")
    said = np.concatenate([each.samples for each in real])
    partners = np.array_split(said, args.sessions)
    scenes = stillness.scenes(partners, stillness.SECONDS, seed=0)
    scenes |= stillness.real_scenes(real, stillness.SECONDS, args.sessions, seed=0)
    barred = {name.removesuffix(" median %").removesuffix(" p95 %") for name in stillness.BARS}
    scenes = {name: scene for name, scene in scenes.items() if name in barred}
    still = {name: stillness.measure(model, scenes, args.seeds) for name, model in models.items()}
    print(table("stillness", still, stillness.BARS), flush=True)
    report["stillness"] = still
    args.output.write_text(json.dumps(report, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
