"""Steps that run as one graph: the same motion as the plain forward, of which they are a record."""

import numpy as np
import pytest
import torch
from sessions import babble, run

from dystream_ros.engine.session import Session
from dystream_ros.models.compact.config import CompactConfig
from dystream_ros.models.compact.model import CompactModel
from dystream_ros.models.guidance import Guidance
from dystream_ros.models.registry import load_model

FRAMES = 60
BABBLE = babble(FRAMES)


@pytest.fixture(scope="module")
def plain():
    return load_model("compact").network


@pytest.fixture(scope="module")
def live():
    return load_model("compact", live=True).network


def test_motion_is_that_of_the_plain_forward(plain, live):
    np.testing.assert_allclose(
        run(Session(live, 3), BABBLE, FRAMES), run(Session(plain, 3), BABBLE, FRAMES), rtol=0, atol=1e-5
    )


def test_all_branches_of_guidance_are_in_the_graph():
    torch.manual_seed(7)
    model = CompactModel(CompactConfig(width=48, window=20, head_width=32), Guidance(0.5, 0.5, 0.3, 1.0)).eval()
    expected = run(Session(model), BABBLE, FRAMES)
    model.trace()
    np.testing.assert_allclose(run(Session(model), BABBLE, FRAMES), expected, rtol=0, atol=1e-5)


def test_a_reset_and_a_second_session_of_one_graph_are_new_ones(live):
    session = Session(live, 3)
    first = run(session, BABBLE, FRAMES)
    run(Session(live, 4), BABBLE[::-1], FRAMES)
    session.reset()
    assert np.array_equal(run(session, BABBLE, FRAMES), first)


def test_a_step_leaves_the_state_that_it_was_given_as_it_was(live):
    state, anchor = live.initial_state(1), torch.zeros(1, 58)
    noise = torch.randn(1, live.noise_size, generator=torch.Generator().manual_seed(0))
    audio = torch.from_numpy(BABBLE[:, None])
    for at in range(0, 640 * 20, 640):
        _, state = live.step(*audio[:, :, at : at + 640], anchor, noise, state)
    first, second = (live.step(*audio[:, :, -640:], anchor, noise, state)[0] for _ in range(2))
    assert torch.equal(first, second)


def test_a_batch_of_sessions_equals_single_ones(live):
    single = run(Session(live, 1), BABBLE, FRAMES)
    batch = live.sessions([0, 1])
    for row in range(2):
        batch.prime(row, *BABBLE[:, :960])
    for frame in range(FRAMES):
        new = np.repeat(BABBLE[:, None, 960 + frame * 640 : 960 + (frame + 1) * 640], 2, axis=1)
        values = batch.step(new[0], new[1])[1].values
        np.testing.assert_allclose(values, single[frame, :52], rtol=0, atol=1e-5)


def test_weights_that_change_are_not_stepped_by_an_old_graph():
    model = load_model("compact", live=True).network
    before = run(Session(model), BABBLE, FRAMES)
    names = set(model.state_dict())
    model.train()
    with torch.no_grad():
        model.lips.bias += 0.1
    assert not np.allclose(run(Session(model.eval()), BABBLE, FRAMES), before, atol=1e-3)
    assert names == set(load_model("compact").network.state_dict())
