"""A tiny run learns, resumes to the bit, and gives weights that the renderer of the family `released` reads."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from patience import PATIENCE
from safetensors.torch import load_file

from dystream_lab.autoencoder import export
from dystream_lab.autoencoder.batches import face_batch
from dystream_lab.autoencoder.data.clips import ClipFolder
from dystream_lab.autoencoder.growing import starting_weights
from dystream_lab.autoencoder.presets import PRESETS, halved
from dystream_lab.autoencoder.sheet import painted_by
from dystream_lab.autoencoder.train import train
from dystream_lab.autoencoder.trainer import AutoencoderTrainer, learning_share
from dystream_ros.face.motion import MotionFrame
from dystream_ros.models.released.fast.folded_renderer import FoldedRenderer
from dystream_ros.models.released.files.portrait import PortraitCodes
from dystream_ros.models.released.files.weights import load_autoencoder
from dystream_ros.models.released.networks.autoencoder import Autoencoder
from dystream_ros.models.released.streaming.renderer import ReleasedRenderer

ROOT = Path(__file__).resolve().parents[3]
TINY = PRESETS["tiny"]


def run_of(clips, folder, steps, **settings):
    return train([clips], folder, replace(TINY.training, steps=steps, settle=0.0, **settings), TINY.network)


def test_a_tiny_run_lowers_the_loss(clips, tmp_path):
    run_of(clips, tmp_path, 16, save_every=16, adversarial="none")
    lines = [line.split(",") for line in (tmp_path / "log.csv").read_text().splitlines()]
    column = lines[0].index("pixel")
    pixels = [float(line[column]) for line in lines[1:] if line[1] == "train"]
    assert np.mean(pixels[-4:]) < 0.75 * np.mean(pixels[:3])
    assert (tmp_path / "curves.png").stat().st_size > 1000
    assert (tmp_path / "samples" / "000016.png").exists()


def test_a_resumed_run_ends_with_the_same_weights_to_the_bit(clips, tmp_path):
    settings = {"save_every": 2, "adversarial_from": 1, "cross_every": 2, "batch": 2}
    run_of(clips, tmp_path / "whole", 4, **settings)
    run_of(clips, tmp_path / "parts", 2, **settings)
    run_of(clips, tmp_path / "parts", 4, **settings)
    for name in ("checkpoint.safetensors", "renderer.safetensors"):
        whole, parts = load_file(tmp_path / "whole" / name), load_file(tmp_path / "parts" / name)
        assert whole.keys() == parts.keys()
        assert all(torch.equal(whole[key], parts[key]) for key in whole), name


def test_a_run_is_not_continued_with_other_settings(clips, tmp_path):
    run_of(clips, tmp_path, 1, batch=2, save_every=1)
    with pytest.raises(ValueError, match="batch=2, and now batch=4"):
        run_of(clips, tmp_path, 2, batch=4, save_every=1)


def test_the_discriminator_learns_only_from_its_first_step_on(clips):
    config = replace(TINY.training, adversarial_from=1, batch=2)
    trainer, folder = AutoencoderTrainer(config, TINY.network), ClipFolder([clips], "train")
    before = {key: value.clone() for key, value in trainer.discriminator.state_dict().items()}
    early = trainer.descend(face_batch(folder, config, 64, 0))
    assert "adversarial" not in early
    assert all(torch.equal(before[key], value) for key, value in trainer.discriminator.state_dict().items())
    late = trainer.descend(face_batch(folder, config, 64, 1))
    assert {"adversarial", "discriminator"} <= late.keys()
    assert any(not torch.equal(before[key], value) for key, value in trainer.discriminator.state_dict().items())


def test_the_settled_weights_have_codes_of_unit_scale_and_unchanged_pictures(clips):
    torch.manual_seed(0)
    folder = ClipFolder([clips], "train")
    batch = face_batch(folder, TINY.training, 64, 0)
    networks = export.settled(Autoencoder(TINY.network).state_dict(), TINY.network, [batch])
    codes = networks.motion_encoder(torch.cat((batch.source_masked, batch.driver_masked)))
    assert float(codes.std(0).mean()) == pytest.approx(1, rel=1e-3)
    before = painted_by(networks, batch)
    export.scale_codes(networks, 3.0)
    torch.testing.assert_close(painted_by(networks, batch), before, atol=1e-4, rtol=0)


def test_a_trained_folder_is_read_and_drawn_by_the_family_released(clips, tmp_path):
    run_of(clips, tmp_path, 2, save_every=2, batch=2)
    autoencoder = load_autoencoder(tmp_path)
    assert autoencoder.config == TINY.network
    batch = face_batch(ClipFolder([clips], "valid"), TINY.training, 64, 0)
    volume, code = autoencoder.face_encoder(batch.source)[:1], autoencoder.motion_encoder(batch.source_masked)[:1]
    target = autoencoder.motion_encoder(batch.driver_masked)[:1]
    plain, folded = autoencoder(volume, code, target), FoldedRenderer(autoencoder)(volume, code, target)
    torch.testing.assert_close(folded, plain, atol=2e-4, rtol=0)
    with ReleasedRenderer(autoencoder, PortraitCodes(code[0], volume[0]), 96, 96) as renderer:
        frame = MotionFrame(0, np.zeros(52, np.float32), np.zeros(6, np.float32), latent=target[0].numpy())
        assert renderer.render(frame).shape == (96, 96, 3)


def test_weights_of_half_the_size_begin_a_run_at_the_full_one():
    small = PRESETS["small"].network
    half = Autoencoder(halved(small)).state_dict()
    full = Autoencoder(small).state_dict()
    taken = starting_weights(half, small)
    assert all(full[key].shape == value.shape for key, value in taken.items())
    new = {key for key in full if key not in taken}
    assert all(key.startswith(("motion_encoder.convs.1.", "face_generator.resblock3.")) for key in new)
    with pytest.raises(ValueError, match="same preset"):
        starting_weights(Autoencoder(TINY.network).state_dict(), small)


@torch.no_grad()
def test_a_grown_network_begins_with_the_codes_and_warps_of_the_half_sized_one():
    torch.manual_seed(0)
    small = PRESETS["small"].network
    half, full = Autoencoder(halved(small)).eval(), Autoencoder(small).eval()
    full.load_state_dict(starting_weights(half.state_dict(), small), strict=False)
    picture = torch.nn.functional.interpolate(torch.rand(2, 3, 8, 8) * 2 - 1, size=(128, 128), mode="bilinear")
    codes = half.motion_encoder(torch.nn.functional.avg_pool2d(picture, 2))
    grown = full.motion_encoder(picture)
    assert torch.corrcoef(torch.stack([codes.flatten(), grown.flatten()]))[0, 1] > 0.95
    deltas = half.face_generator.deltas(codes).permute(0, 4, 1, 2, 3)
    enlarged = torch.nn.functional.interpolate(deltas, scale_factor=(1, 2, 2)).permute(0, 2, 3, 4, 1)
    both = torch.stack([enlarged.flatten(), full.face_generator.deltas(codes).flatten()])
    assert torch.corrcoef(both)[0, 1] > 0.9


def test_the_published_preset_trains_the_published_networks(released_manifest):
    with torch.device("meta"):
        state = Autoencoder(PRESETS["published"].network).state_dict()
    # The published file has one layer that its own forward pass never uses.
    unused = {"face_generator.warp_layer.weight"}
    assert {key: tuple(value.shape) for key, value in state.items()} == {
        key: shape for key, shape in released_manifest.items() if key not in unused
    }


def test_the_rate_warms_up_and_settles():
    config = replace(TINY.training, steps=100, warmup=10, settle=0.2)
    shares = [learning_share(config, step) for step in (0, 9, 50, 80, 90, 100)]
    assert shares == pytest.approx([0.1, 1, 1, 1, 0.525, 0.05])


def test_a_damaged_checkpoint_is_refused(clips, tmp_path):
    (tmp_path / "checkpoint.safetensors").write_bytes(b"damaged")
    with pytest.raises(ValueError, match=r"checkpoint\.safetensors is damaged"):
        run_of(clips, tmp_path, 2)


def test_a_complete_run_writes_missing_weights_and_leaves_others(clips, tmp_path):
    path = run_of(clips, tmp_path, 2, batch=2, save_every=2)
    weights = path.read_bytes()
    path.unlink()
    run_of(clips, tmp_path, 2, batch=2, save_every=2)
    assert path.read_bytes() == weights
    written = path.stat().st_mtime_ns
    run_of(clips, tmp_path, 2, batch=2, save_every=2)
    assert path.stat().st_mtime_ns == written


def test_a_diverging_run_stops_before_it_spoils_its_checkpoint(clips, tmp_path):
    run_of(clips, tmp_path, 2, batch=2, save_every=1)
    with pytest.raises(RuntimeError, match="lower --rate"):
        run_of(clips, tmp_path, 30, batch=2, save_every=30, rate=1e38)
    run_of(clips, tmp_path, 4, batch=2, save_every=1)
    assert all(torch.isfinite(value).all() for value in load_file(tmp_path / "renderer.safetensors").values())


@pytest.mark.parametrize(
    ("setting", "message"),
    [({"precision": "float16"}, "float16 gives NaN"), ({"adversarial": "wgan"}, "hinge"), ({"batch": 0}, "1 and more")],
)
def test_settings_that_cannot_work_are_refused(setting, message):
    with pytest.raises(ValueError, match=message):
        replace(TINY.training, **setting)


def test_several_processes_train_by_the_documented_command(clips, tmp_path):
    """torchrun would take `--run` for an option of its own without the two hyphens before the module."""
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m", "--"]
    options = ["--run", str(tmp_path), "--preset", "tiny", "--steps", "2", "--batch", "2", "--adversarial-from", "1"]
    done = subprocess.run(
        [*command, "dystream_ros.cli", "train-autoencoder", "train", str(clips), *options],
        cwd=ROOT, env={**os.environ, "OMP_NUM_THREADS": "1"}, capture_output=True, text=True, timeout=4 * PATIENCE,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    rows = (tmp_path / "log.csv").read_text().splitlines()[1:]
    assert [row.split(",")[:2] for row in rows] == [["1", "train"], ["2", "train"], ["2", "valid"]]
    assert load_autoencoder(tmp_path).config == TINY.network
