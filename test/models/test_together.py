"""Sessions of several threads that are stepped as one batch: each moves as alone, and none waits for a late one."""

import threading
import time
from types import SimpleNamespace

import numpy as np
import pytest

from dystream_ros.engine.session import Session
from dystream_ros.models.registry import load_model
from dystream_ros.models.runtime import Runtime

PERIOD = 0.04
FRAMES = 14
PATIENCE = 1.0  # s in which a session comes on a busy machine


@pytest.fixture(scope="module")
def alone():
    return load_model("compact", Runtime()).network


@pytest.fixture
def clock():
    """The time of the batches: frames begin when the test says so."""
    return SimpleNamespace(now=100.0)


@pytest.fixture
def heads(clock):
    """Makes a model that steps so many heads together, where each has long to come."""

    def make(count, window=2 * PATIENCE):
        network = load_model("compact", Runtime(together=count, window=window)).network
        network.together.clock = lambda: clock.now
        return network

    return make


def sound(seed, frames=FRAMES + 1):
    return 0.1 * np.random.default_rng(seed).standard_normal((2, frames * 640 + 960)).astype(np.float32)


class Head:
    """A session with its audio; `step` is one frame."""

    def __init__(self, model, seed, frames=FRAMES + 1):
        self.session, self.audio, self.at = Session(model, seed), sound(seed, frames), 0
        self.motions = []

    def step(self):
        needed = self.session.samples_needed
        own, other = self.audio[:, self.at : self.at + needed]
        self.at += needed
        motion = self.session.step(own.copy(), other.copy())
        # As the stages do: what was shown goes back into the network.
        self.session.emitted(motion)
        self.motions.append(np.concatenate([motion.values, motion.head_pose]))


def frame(present):
    """One frame of these heads, each in a thread of its own."""
    threads = [threading.Thread(target=head.step) for head in present]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def same(head, model, seed):
    """Whether a head has moved as it does alone, up to the rounding of the batch."""
    reference = Head(model, seed)
    for _ in head.motions:
        reference.step()
    return np.allclose(head.motions, reference.motions, atol=2e-3)


@pytest.mark.parametrize("count", [2, 3])
def test_heads_that_come_together_are_one_batch_and_move_as_alone(alone, heads, clock, count):
    model = heads(count)
    all_ = [Head(model, seed) for seed in range(count)]
    for _ in range(FRAMES):
        clock.now += PERIOD
        frame(all_)
    assert model.together.steps[count] >= FRAMES - 2  # nobody is expected before the third frame
    assert sum(heads * steps for heads, steps in model.together.steps.items()) == count * FRAMES
    assert all(same(head, alone, seed) for seed, head in enumerate(all_))


def test_a_head_that_is_missing_costs_one_wait_and_returns_where_it_was(alone, heads, clock):
    model = heads(4)
    all_ = [Head(model, seed) for seed in range(4)]
    for number in range(FRAMES):
        clock.now += PERIOD
        present = all_[:3] if 4 <= number < 8 else all_
        begun = time.monotonic()
        frame(present)
        if 5 <= number < 8:  # nobody waits for it any more
            assert time.monotonic() - begun < PATIENCE
    # It returns alone, and is part of the next batch.
    assert model.together.steps[3] >= 4
    assert model.together.steps[4] >= FRAMES - 2 - 6
    assert all(same(head, alone, seed) for seed, head in enumerate(all_))


def test_a_head_that_is_reset_or_catches_up_steps_alone(alone, heads, clock):
    model = heads(2)
    first, second = Head(model, 0), Head(model, 1)
    for _ in range(3):
        clock.now += PERIOD
        frame([first, second])
    before = model.together.steps[1]
    first.step()  # two frames at one time
    assert model.together.steps[1] == before + 1
    second.session.reset(5)
    second.audio, second.at, second.motions = sound(5), 0, []
    for _ in range(4):
        clock.now += PERIOD
        frame([first, second])
    assert same(first, alone, 0)
    assert same(second, alone, 5)


def test_whoever_comes_when_each_head_moves_as_alone(alone, heads, clock):
    model, random = heads(4, window=0.1), np.random.default_rng(3)
    all_ = [Head(model, seed, 40) for seed in range(4)]
    for _ in range(30):
        clock.now += PERIOD
        present = [head for head in all_ if random.random() < 0.8]
        frame(present)
        if random.random() < 0.2:  # one makes up for a lost frame
            random.choice(all_).step()
    assert set(model.together.steps) - {1}
    for seed, head in enumerate(all_):
        reference = Head(alone, seed, 40)
        for _ in head.motions:
            reference.step()
        assert np.allclose(head.motions, reference.motions, atol=5e-3)


def test_too_few_heads_are_no_batch(alone, heads, clock):
    model = heads(8)
    pair = [Head(model, seed) for seed in range(2)]
    for _ in range(4):
        clock.now += PERIOD
        frame(pair)
    assert set(model.together.steps) == {1}
    for head, seed in zip(pair, range(2)):
        reference = Head(alone, seed)
        for _ in head.motions:
            reference.step()
        assert np.array_equal(head.motions, reference.motions)


def test_a_batch_that_fails_is_stepped_alone(alone, heads, clock, monkeypatch, caplog):
    model = heads(2)
    pair = [Head(model, seed) for seed in range(2)]

    def broken(_):
        raise RuntimeError("no batch")

    monkeypatch.setattr(model.together, "_step", SimpleNamespace(run_with_iobinding=broken))
    for _ in range(3):
        clock.now += PERIOD
        frame(pair)
    assert set(model.together.steps) == {1}
    assert "a batch of 2 heads failed" in caplog.text
    assert all(same(head, alone, seed) for seed, head in enumerate(pair))


def test_a_place_is_free_again_when_its_session_is_gone(heads):
    model = heads(2)
    pair = [Session(model, seed) for seed in range(2)]
    third = Session(model, 2)  # without a place
    assert len(model.together._seats) == 2
    del pair[0]
    fourth = Session(model, 3)
    assert len(model.together._seats) == 2
    assert third.samples_needed == fourth.samples_needed


def test_a_head_waits_no_longer_than_the_window(heads, clock):
    model = heads(2, window=0.015)
    pair = [Head(model, seed) for seed in range(2)]
    for _ in range(2):
        clock.now += PERIOD
        frame(pair)
    clock.now += PERIOD
    begun = time.monotonic()
    pair[0].step()
    assert time.monotonic() - begun < 10.0
