"""Training steps of the autoencoder at the published sizes, on random pictures: time, memory, finite losses.

    python -m benchmarks.autoencoder_training                     three steps on the CPU, batch 1 (minutes)
    python -m benchmarks.autoencoder_training --device cuda --batch 12 --steps 50 --precision bfloat16
    python -m benchmarks.autoencoder_training --reckon            the memory of a GPU, without a step (half a minute)

The last step has the adversarial loss and the loss of a face that another person drives, where the batch allows it, so
that all parts of the training have run. Memory on a CPU is the largest resident set of the process.

Reckoned memory: weights, gradients, both moments of AdamW and the moving average in float32; the weights that autocast
keeps in bfloat16; and, for each sample, the tensors that the backward pass needs, counted in a forward pass on tensors
without values. It is that of the step with the most: with the adversarial loss and that of another person's face.
"""

import argparse
import json
import resource
import time
from dataclasses import replace
from pathlib import Path

import torch
from torch._subclasses.fake_tensor import FakeTensorMode

from benchmarks.saved_tensors import saved_bytes
from dystream_lab.autoencoder.batches import FaceBatch
from dystream_lab.autoencoder.config import PRECISIONS
from dystream_lab.autoencoder.networks.discriminator import Discriminator
from dystream_lab.autoencoder.objective import Objective
from dystream_lab.autoencoder.presets import PRESETS, Preset
from dystream_lab.autoencoder.trainer import AutoencoderTrainer
from dystream_lab.training.processes import Processes
from dystream_ros.cli import measuring
from dystream_ros.models.released.networks.autoencoder import Autoencoder

FIGURES = Path(__file__).parent / "autoencoder_training.json"
_STATE_BYTES = {"networks": 4 * 5, "discriminator": 4 * 4}  # of a parameter: weight, gradient, two moments, average
_COPY_BYTES = 2  # of a parameter, in bfloat16
_BATCHES = (1, 4, 8, 12)


def random_batch(count: int, size: int) -> FaceBatch:
    """Smooth random pictures; times and memory do not depend on what they show."""
    small = torch.rand(4, count, 3, 16, 16) * 2 - 1
    large = [torch.nn.functional.interpolate(part, size=(size, size), mode="bilinear") for part in small]
    return FaceBatch(*large, torch.zeros(count, 1, size, size))


def reckon(preset: Preset, precision: str) -> dict[str, float]:
    """Memory of a step in GB: of what is constant, of each sample, and of some batches."""

    def sample_bytes(samples: int) -> int:
        with FakeTensorMode(allow_non_fake_inputs=True):
            networks = Autoencoder(preset.network).train()
            judge = Discriminator(preset.network).requires_grad_(False)
            objective = Objective(networks, replace(preset.training, batch=samples, precision=precision))
            batch = random_batch(samples, preset.network.image)
            weights = [*objective.parameters(), *judge.parameters()]
            return saved_bytes(lambda: objective(batch, judge, True)[0]["total"], weights)

    with torch.device("meta"):
        modules = {"networks": Autoencoder(preset.network), "discriminator": Discriminator(preset.network)}
    copies = _COPY_BYTES if precision == "bfloat16" else 0
    constant = sum(
        (_STATE_BYTES[name] + copies) * sum(parameter.numel() for parameter in module.parameters())
        for name, module in modules.items()
    )
    few, many = (sample_bytes(samples) for samples in (2, 4))
    each = (many - few) / 2
    return {
        "weights, gradients, moments, average, copies": round(constant / 1e9, 2),
        "each sample": round(each / 1e9, 2),
        **{f"batch {number}": round((constant + number * each) / 1e9, 1) for number in _BATCHES},
    }


def main(arguments: list[str] | None = None) -> None:
    """Entry point of the command in the module's docstring."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--preset", choices=list(PRESETS), default="published", help="(default %(default)s)")
    parser.add_argument("--steps", type=int, default=3, help="steps, 2 or more (default %(default)s)")
    parser.add_argument("--batch", type=int, default=1, help="samples per step (default %(default)s)")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda (default %(default)s)")
    parser.add_argument("--precision", choices=("float32", "bfloat16"), default="float32", help="(default %(default)s)")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads (default %(default)s)")
    parser.add_argument("--reckon", action="store_true", help="only reckon the memory of a GPU, in both precisions")
    options = parser.parse_args(arguments)
    if options.reckon:
        reckoned = {precision: reckon(PRESETS[options.preset], precision) for precision in PRECISIONS}
        _keep("reckoned_gb", {"preset": options.preset, "torch": torch.__version__} | reckoned)
        return
    if options.steps < 2 or options.batch < 1:
        parser.error(f"steps are 2 or more and a batch 1 or more; got {options.steps} and {options.batch}")
    torch.set_num_threads(options.threads)
    processes = Processes.join(options.device)
    preset = PRESETS[options.preset]
    last = options.steps - 1
    config = replace(
        preset.training, batch=options.batch, precision=options.precision, adversarial_from=last, cross_every=last + 1
    )
    trainer = AutoencoderTrainer(config, preset.network, processes)
    batch = random_batch(options.batch, preset.network.image)
    seconds, losses = [], {}
    for step in range(options.steps):
        start = time.perf_counter(), time.process_time()
        losses = trainer.descend(batch)
        seconds.append((time.perf_counter() - start[0], time.process_time() - start[1]))
        print(f"step {step + 1}: {seconds[-1][0]:.1f} s, processor {seconds[-1][1]:.1f} s, {losses}", flush=True)
        if not all(torch.isfinite(torch.tensor(value)) for value in losses.values()):
            raise SystemExit(f"a loss is not finite: {losses}")
    gpu = processes.device.type == "cuda"
    most = torch.cuda.max_memory_allocated() if gpu else 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    figures = {
        "preset": options.preset,
        "device": str(processes.device),
        "precision": options.precision,
        "batch": options.batch,
        "seconds": [round(wall, 2) for wall, _ in seconds],
        "processor_seconds": [round(processor, 2) for _, processor in seconds],
        "memory_bytes": most,
        "parameters": sum(parameter.numel() for parameter in trainer.autoencoder.parameters()),
        "losses": losses,
        "machine": measuring.describe_machine(),
    }
    _keep("steps", figures)


def _keep(name: str, figures: dict[str, object]) -> None:
    """Writes figures beside those of other names."""
    known = json.loads(FIGURES.read_text()) if FIGURES.is_file() else {}
    FIGURES.write_text(json.dumps(known | {name: figures}, indent=1) + "\n")
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
