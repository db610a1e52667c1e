"""Training steps of the autoencoder at the published sizes, on random pictures: time, memory, finite losses.

    python -m benchmarks.autoencoder_training                     three steps on the CPU, batch 1 (minutes)
    python -m benchmarks.autoencoder_training --device cuda --batch 12 --steps 50 --precision bfloat16

The last step has the adversarial loss and the loss of a face that another person drives, where the batch allows it, so
that all parts of the training have run. Memory on a CPU is the largest resident set of the process.
"""

import argparse
import json
import resource
import time
from dataclasses import replace
from pathlib import Path

import torch

from dystream_lab.autoencoder.batches import FaceBatch
from dystream_lab.autoencoder.presets import PRESETS
from dystream_lab.autoencoder.trainer import AutoencoderTrainer
from dystream_lab.training.processes import Processes
from dystream_ros.cli import measuring

FIGURES = Path(__file__).parent / "autoencoder_training.json"


def random_batch(count: int, size: int) -> FaceBatch:
    """Smooth random pictures; times and memory do not depend on what they show."""
    small = torch.rand(4, count, 3, 16, 16) * 2 - 1
    large = [torch.nn.functional.interpolate(part, size=(size, size), mode="bilinear") for part in small]
    return FaceBatch(*large, torch.zeros(count, 1, size, size))


def main(arguments: list[str] | None = None) -> None:
    """Entry point of the command in the module's docstring."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--preset", choices=list(PRESETS), default="published", help="(default %(default)s)")
    parser.add_argument("--steps", type=int, default=3, help="steps, 2 or more (default %(default)s)")
    parser.add_argument("--batch", type=int, default=1, help="samples per step (default %(default)s)")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda (default %(default)s)")
    parser.add_argument("--precision", choices=("float32", "bfloat16"), default="float32", help="(default %(default)s)")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads (default %(default)s)")
    options = parser.parse_args(arguments)
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
    FIGURES.write_text(json.dumps(figures, indent=1) + "\n")
    print(f"{most / 2**30:.1f} GiB; {FIGURES}")


if __name__ == "__main__":
    main()
