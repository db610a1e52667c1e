"""Several processes of torchrun train one model."""

import dataclasses
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
import two_ranks
from patience import PATIENCE
from tiny_training import CONFIG, MODEL, logged

from dystream_lab.training.processes import Processes
from dystream_lab.training.train import train
from dystream_ros.models.registry import load_model

_SCRIPT = """
import dataclasses, sys
from pathlib import Path
import torch
from tiny_training import CONFIG, MODEL
from dystream_lab.training import train as training
from dystream_lab.training.trainer import Trainer
training.write_graph_beside = lambda weights: None  # as in the other tests: it takes longer than the training
corpus, folder = Path(sys.argv[1]), Path(sys.argv[2])
descend = Trainer.descend
def descend_and_save(self, batch):
    losses = descend(self, batch)
    torch.save(self.model.state_dict(), folder / f"{self.processes.rank}.pt")
    return losses
Trainer.descend = descend_and_save
def main():
    training.train(corpus, folder / "run", dataclasses.replace(CONFIG, steps=4), MODEL)
"""


def test_processes_of_torchrun_train_one_model_on_different_batches(corpus, tmp_path):
    script = tmp_path / "two.py"
    script.write_text(_SCRIPT)
    command = [sys.executable, two_ranks.__file__, str(script)]
    root = Path(__file__).resolve().parents[3]
    environment = {
        **os.environ,
        "PYTHONPATH": f"{root}:{root / 'test' / 'shared'}:{os.environ.get('PYTHONPATH', '')}",
        "OMP_NUM_THREADS": "1",
    }
    done = subprocess.run(
        [*command, str(corpus), str(tmp_path)], env=environment, capture_output=True, text=True, timeout=4 * PATIENCE
    )
    assert done.returncode == 0, done.stderr
    first, second = (torch.load(tmp_path / f"{rank}.pt", weights_only=True) for rank in (0, 1))
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert [int(row["step"]) for row in logged(tmp_path / "run", "train")] == [1, 2, 3, 4]
    alone = load_model(str(train(corpus, tmp_path / "alone", dataclasses.replace(CONFIG, steps=4), MODEL)))
    both = load_model(str(tmp_path / "run" / "model.safetensors"))
    assert not torch.equal(alone.network.lips.weight, both.network.lips.weight)


_HOLD = """
import sys
from pathlib import Path
from dystream_lab.training.processes import Processes
Processes().take(Path(sys.argv[1]))
print("taken", flush=True)
sys.stdin.read()
"""


def test_two_commands_do_not_train_in_one_folder(tmp_path):
    """Until the first ends, however it ends."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen([sys.executable, "-c", _HOLD, str(tmp_path)], **pipes) as other:
        assert other.stdout.readline() == "taken\n"
        with pytest.raises(ValueError, match=r"another process trains in .*; wait for its end"):
            Processes().take(tmp_path)
        other.kill()
    Processes().take(tmp_path)
    Processes().take(tmp_path)
