"""Rules of streaming sessions, on an untrained model: they hold for any weights."""

import dataclasses

import numpy as np
import pytest
import torch
from graphs import in_onnx
from sessions import babble, run

from dystream_ros.engine.session import Session
from dystream_ros.face.motion import MotionFrame
from dystream_ros.models.compact.config import CompactConfig
from dystream_ros.models.compact.model import EVENTS, CompactModel
from dystream_ros.models.guidance import Guidance

_FRAMES = 60
_SIZES = {
    "self_channels": 32, "self_rounds": 1, "other_channels": 16, "width": 48, "blocks": 2, "window": 20,
    "head_width": 32, "head_blocks": 2,
}  # fmt: skip


def untrained(guidance: Guidance | None = None, **changes) -> CompactModel:
    torch.manual_seed(7)
    model = CompactModel(CompactConfig(**_SIZES | changes), guidance)
    model.space.step.fill_(0.05)
    model.space.deviation.fill_(0.3)
    model.space.mean[:52] = 0.3
    # Initial weights leave the modulations at zero, where the head ignores its condition.
    for mlp in (*model.head.by_time, *model.head.by_condition):
        torch.nn.init.normal_(mlp.modulation.weight, std=0.2)
    return model.eval()


@pytest.fixture(params=["onnx", "torch"])
def untrained_in(request):
    """Makes an untrained model that steps in ONNX Runtime or in PyTorch."""

    def make(*args, **kwargs):
        model = untrained(*args, **kwargs)
        return in_onnx(model) if request.param == "onnx" else model

    return make


def test_same_seed_and_audio_give_the_same_motion_and_another_seed_another(untrained_in):
    model, audio = untrained_in(), babble(_FRAMES)
    first, again = (run(Session(model, seed=3), audio, _FRAMES) for _ in range(2))
    assert np.array_equal(first, again)
    assert not np.allclose(first, run(Session(model, seed=4), audio, _FRAMES))


def test_reset_is_the_same_as_a_new_session(untrained_in):
    model, audio = untrained_in(), babble(_FRAMES)
    session = Session(model, seed=3)
    first = run(session, audio, _FRAMES)
    session.emitted(MotionFrame(_FRAMES - 1, np.ones(52, np.float32), np.zeros(6, np.float32)))
    run(session, babble(5, seed=9), 2)
    session.reset()
    assert np.array_equal(first, run(session, audio, _FRAMES))


@pytest.mark.parametrize("lookahead_ms", [0, 60, 200])
def test_audio_after_the_lookahead_changes_nothing_bit_for_bit(untrained_in, lookahead_ms):
    model = untrained_in(lookahead_ms=lookahead_ms)
    audio = babble(_FRAMES, lookahead=model.lookahead)
    changed = audio.copy()
    last = 29
    horizon = (last + 1) * 640 + model.lookahead
    changed[:, horizon:] = babble(_FRAMES, seed=5, lookahead=model.lookahead)[:, horizon:]
    before, after = (run(Session(model), a, _FRAMES) for a in (audio, changed))
    assert np.array_equal(before[: last + 1], after[: last + 1])
    assert not np.allclose(before[last + 1], after[last + 1], atol=1e-6)


def test_one_sample_within_the_lookahead_changes_the_motion(untrained_in):
    model, audio = untrained_in(), babble(_FRAMES)
    changed = audio.copy()
    changed[0, 30 * 640 + 960 - 100] += 0.5
    before, after = (run(Session(model), a, 30) for a in (audio, changed))
    assert np.array_equal(before[:29], after[:29])
    assert not np.array_equal(before[29], after[29])


@pytest.mark.parametrize("guidance", [Guidance(), Guidance(0.5, 0.5, 0.3, 1.0)])
def test_a_batch_of_sessions_equals_single_ones(untrained_in, guidance):
    model = untrained_in(guidance)
    audios = [babble(_FRAMES, seed) for seed in range(3)]
    singles = [run(Session(model, seed=seed), audio, _FRAMES) for seed, audio in enumerate(audios)]
    batch = model.sessions([0, 1, 2])
    for row, audio in enumerate(audios):
        batch.prime(row, *audio[:, :960])
    for frame in range(_FRAMES):
        start = 960 + frame * 640
        new = np.stack([audio[:, start : start + 640] for audio in audios])
        for row, motion in enumerate(batch.step(new[:, 0], new[:, 1])):
            np.testing.assert_allclose(motion.values, singles[row][frame, :52], atol=1e-5)
            np.testing.assert_allclose(motion.head_pose, singles[row][frame, 52:], atol=1e-5)


def test_resetting_one_session_of_a_batch_leaves_the_others_alone(untrained_in):
    model, audio = untrained_in(), babble(_FRAMES)
    alone = run(Session(model, seed=1), audio, _FRAMES)
    batch = model.sessions([0, 1])
    for row in range(2):
        batch.prime(row, *audio[:, :960])
    for frame in range(40):
        if frame == 20:
            batch.reset(0, seed=5)
            batch.prime(0, *audio[:, :960])
        # The first session gets its audio from the start again, the second continues.
        starts = [960 + (frame - 20 if frame >= 20 else frame) * 640, 960 + frame * 640]
        new = np.stack([audio[:, start : start + 640] for start in starts])
        motions = batch.step(new[:, 0], new[:, 1])
        np.testing.assert_allclose(motions[1].values, alone[frame, :52], atol=1e-5)
        assert motions[0].frame == (frame - 20 if frame >= 20 else frame)


def test_the_state_does_not_grow():
    def size(state) -> int:
        return state.numel() if isinstance(state, torch.Tensor) else sum(size(part) for part in state)

    model = untrained()
    session, audio = Session(model), babble(_FRAMES)
    run(session, audio, 1)
    at_first = size(session._batch._state)
    run(session, audio[:, 960:], _FRAMES - 2)
    assert size(session._batch._state) == at_first


def test_frame_by_frame_equals_the_whole_clip_with_given_history():
    model, frames = untrained(), 70  # longer than the window of 20
    audio = torch.from_numpy(babble(frames))[:, None]  # (2, 1, samples)
    rng = torch.Generator().manual_seed(0)
    history = torch.rand(1, frames + 2, 58, generator=rng)
    switches, anchor = torch.ones(1, 1, 3), torch.zeros(1, 1, 58)
    ages = torch.arange(frames + 1)[None, :, None] % torch.tensor([30, 17, 23, 11])[: len(EVENTS)]
    with torch.inference_mode():
        fresh = model.initial_state(1)
        primed = model.prime(audio[0, :, :960], audio[1, :, :960], fresh.audio)
        clip_self, clip_other, _ = model.encode(audio[0, :, 960:], audio[1, :, 960:], primed)
        whole, _ = model.context(
            clip_self, clip_other, history[:, 1:-1], history[:, :-2], anchor, ages[:, :-1], switches, fresh.transformer
        )
        whole = model.condition(whole, clip_self, ages[:, 1:], switches)
        state, transformer = primed, fresh.transformer
        for frame in range(frames):
            start = 960 + 640 * frame
            new = audio[:, :, start : start + 640]
            self_features, other_features, state = model.encode(new[0], new[1], state)
            one, transformer = model.context(
                self_features,
                other_features,
                history[:, frame + 1 : frame + 2],
                history[:, frame : frame + 1],
                anchor,
                ages[:, frame : frame + 1],
                switches,
                transformer,
            )
            one = model.condition(one, self_features, ages[:, frame + 1 : frame + 2], switches)
            torch.testing.assert_close(one[:, 0], whole[:, frame], atol=1e-5, rtol=0)


def test_a_clip_is_encoded_in_training_as_in_a_stream():
    model, frames = untrained(), 30
    audio = torch.from_numpy(babble(frames))[:, None]
    with torch.inference_mode():
        mels = [model.mels(party, model.mels.initial_state(1))[0] for party in audio]
        clip = model.encode_clip(*mels)
        state = model.prime(audio[0, :, :960], audio[1, :, :960], model.initial_state(1).audio)
        for frame in range(frames):
            new = audio[:, :, 960 + 640 * frame : 1600 + 640 * frame]
            self_features, other_features, state = model.encode(new[0], new[1], state)
            torch.testing.assert_close(self_features[:, 0], clip[0][:, frame], atol=1e-5, rtol=0)
            torch.testing.assert_close(other_features[:, 0], clip[1][:, frame], atol=1e-5, rtol=0)


@pytest.fixture
def set_threads():
    before = torch.get_num_threads()
    yield torch.set_num_threads
    torch.set_num_threads(before)


def test_motion_with_one_thread_and_with_four_agrees_over_250_frames(set_threads):
    """Feedback accumulates rounding errors; another order of summation must not change the motion visibly."""
    # The sizes of the shipped model: threads do not share the work of smaller products.
    defaults = {field.name: field.default for field in dataclasses.fields(CompactConfig)}
    model, frames = untrained(**{name: defaults[name] for name in _SIZES}), 250
    audio, motions = babble(frames), []
    for threads in (1, 4):
        set_threads(threads)
        assert torch.get_num_threads() == threads
        motions.append(run(Session(model, seed=2), audio, frames))
    np.testing.assert_allclose(*motions, atol=1e-4)


def test_a_session_alone_and_in_a_batch_agrees_over_250_frames():
    """As above: a batch sums in another order."""
    model, frames = untrained(), 250
    audio = babble(frames)
    reference = run(Session(model, seed=2), audio, frames)
    batch = model.sessions([2, 8, 9])
    for row in range(3):
        batch.prime(row, *audio[:, :960])
    for frame in range(frames):
        new = np.repeat(audio[None, :, 960 + frame * 640 : 1600 + frame * 640], 3, axis=0)
        motion = batch.step(new[:, 0], new[:, 1])[0]
        np.testing.assert_allclose(motion.values, reference[frame, :52], atol=1e-4)


def test_motion_stays_within_the_limits_of_its_layout(untrained_in):
    model = untrained_in()
    motion = run(Session(model), 20 * babble(_FRAMES), _FRAMES)
    assert motion[:, :52].min() >= 0.0
    assert motion[:, :52].max() <= 1.0
    assert np.abs(motion[:, 52:55]).max() <= 0.8 + 1e-6


def test_the_next_frame_follows_the_motion_that_was_shown(untrained_in):
    model, audio = untrained_in(), babble(_FRAMES)
    free, replaced = Session(model), Session(model)
    for session in (free, replaced):
        run(session, audio, 20)
    replaced.emitted(MotionFrame(19, np.ones(52, np.float32), np.full(6, 0.2, np.float32)))
    rest = audio[:, 20 * 640 + 960 :]
    assert not np.allclose(run(free, rest, 1), run(replaced, rest, 1), atol=1e-3)


def test_feeding_back_the_motion_itself_changes_nothing(untrained_in):
    model, audio = untrained_in(), babble(_FRAMES)
    plain, informed = Session(model), Session(model)
    position = 0
    for _ in range(20):
        after = position + plain.samples_needed
        expected, motion = (s.step(audio[0, position:after], audio[1, position:after]) for s in (plain, informed))
        informed.emitted(motion)
        assert np.array_equal(expected.values, motion.values)
        position = after


def test_a_wrong_number_of_samples_is_refused_with_the_right_one(untrained_in):
    session = Session(untrained_in())
    with pytest.raises(ValueError, match=r"self_audio has the shape \(640,\); this step needs \(1600,\)"):
        session.step(np.zeros(640, np.float32), np.zeros(640, np.float32))
