"""The study's tables: more sound gives a smaller error, and the two-sided encoder on the whole clip gives none."""

import numpy as np
import pytest
import torch

from dystream_lab.released import study
from dystream_lab.released.study import Row, Study, markdown
from dystream_ros.models.released.networks.configuration import EncoderConfig, GeneratorConfig
from dystream_ros.models.released.networks.generator import MotionGenerator

ENCODER = EncoderConfig(width=32, layers=2, heads=2, hidden=64, channels=16, position_kernel=16, position_groups=4)
CONFIG = GeneratorConfig(motion=16, width=48, blocks=2, heads=4, hidden=96, head_blocks=2, window=12, encoder=ENCODER)


@pytest.fixture(scope="module")
def measured():
    torch.manual_seed(0)
    generator = MotionGenerator(CONFIG).eval().requires_grad_(False)
    noise = np.random.default_rng(0)
    tracks = [(0.1 * noise.standard_normal(640 * 80)).astype(np.float32) for _ in range(2)]
    return Study(generator, *tracks, torch.zeros(16))


def test_the_offline_features_themselves_have_no_error(measured):
    assert measured.motion_error(measured.features) < 1e-5


def test_every_setting_gives_a_row_and_errors_are_finite(measured, monkeypatch):
    monkeypatch.setattr(study, "LOOKAHEADS_MS", (0, 60))
    monkeypatch.setattr(study, "WINDOWS_S", (0.64, 1.28))
    rows = list(measured.rows())
    assert [row.table for row in rows] == ["floor"] + ["lookahead"] * 2 + ["window"] * 2 + ["precision"] * 2
    streaming = [row for row in rows if row.features is not None]
    assert all(0 < row.features < 10 and 0 < row.motion < 10 for row in streaming)
    rounded = rows[-2].motion
    assert 0 < rounded < 0.1
    assert rounded < min(row.motion for row in streaming)


def test_a_table_is_markdown_with_a_line_a_row():
    text = markdown([Row("window", "0.64 s", features=0.5), Row("precision", "picture", picture=1.25)])
    assert text.splitlines()[2:] == ["| window | 0.64 s | 0.500 |  |  |", "| precision | picture |  |  | 1.250 |"]
