"""The rules that make a session a streaming one, on an untrained model: they are of the code, not of the weights."""

import numpy as np
import pytest
import torch
from sessions import babble, run

from dystream_ros.engine.session import Session
from dystream_ros.face.motion import MotionFrame
from dystream_ros.models.compact.config import CompactConfig
from dystream_ros.models.compact.model import EVENTS, CompactModel
from dystream_ros.models.guidance import Guidance

_FRAMES = 60


def untrained(guidance: Guidance | None = None, **changes) -> CompactModel:
    torch.manual_seed(7)
    sizes = {"self_channels": 32, "other_channels": 16, "width": 48, "window": 20, "head_width": 32} | changes
    model = CompactModel(CompactConfig(**sizes), guidance)
    model.space.step.fill_(0.05)
    model.space.deviation.fill_(0.3)
    model.space.mean[:52] = 0.3
    # Random weights leave the modulations at zero, where the head would not hear anything.
    for mlp in (*model.head.by_time, *model.head.by_condition):
        torch.nn.init.normal_(mlp.modulation.weight, std=0.2)
    return model.eval()


def test_same_seed_and_audio_give_the_same_motion_and_another_seed_another():
    model, audio = untrained(), babble(_FRAMES)
    first, again = (run(Session(model, seed=3), audio, _FRAMES) for _ in range(2))
    assert np.array_equal(first, again)
    assert not np.allclose(first, run(Session(model, seed=4), audio, _FRAMES))


def test_reset_is_the_same_as_a_new_session():
    model, audio = untrained(), babble(_FRAMES)
    session = Session(model, seed=3)
    first = run(session, audio, _FRAMES)
    session.emitted(MotionFrame(_FRAMES - 1, np.ones(52, np.float32), np.zeros(6, np.float32)))
    run(session, babble(5, seed=9), 2)
    session.reset()
    assert np.array_equal(first, run(session, audio, _FRAMES))


@pytest.mark.parametrize("lookahead_ms", [0, 60, 200])
def test_audio_after_the_lookahead_changes_nothing_bit_for_bit(lookahead_ms):
    model = untrained(lookahead_ms=lookahead_ms)
    audio = babble(_FRAMES, lookahead=model.lookahead)
    changed = audio.copy()
    last = 29
    horizon = (last + 1) * 640 + model.lookahead
    changed[:, horizon:] = babble(_FRAMES, seed=5, lookahead=model.lookahead)[:, horizon:]
    before, after = (run(Session(model), a, _FRAMES) for a in (audio, changed))
    assert np.array_equal(before[: last + 1], after[: last + 1])
    assert not np.allclose(before[last + 1], after[last + 1], atol=1e-6)


def test_one_sample_within_the_lookahead_is_heard():
    model, audio = untrained(), babble(_FRAMES)
    changed = audio.copy()
    changed[0, 30 * 640 + 960 - 100] += 0.5
    before, after = (run(Session(model), a, 30) for a in (audio, changed))
    assert np.array_equal(before[:29], after[:29])
    assert not np.array_equal(before[29], after[29])


@pytest.mark.parametrize("guidance", [Guidance(), Guidance(0.5, 0.5, 0.3, 1.0)])
def test_a_batch_of_sessions_equals_single_ones(guidance):
    model = untrained(guidance)
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


def test_resetting_one_session_of_a_batch_leaves_the_others_alone():
    model, audio = untrained(), babble(_FRAMES)
    alone = run(Session(model, seed=1), audio, _FRAMES)
    batch = model.sessions([0, 1])
    for row in range(2):
        batch.prime(row, *audio[:, :960])
    for frame in range(40):
        if frame == 20:
            batch.reset(0, seed=5)
            batch.prime(0, *audio[:, :960])
        # The first session hears its audio from the start again, the second goes on.
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
        hearing, transformer = primed, fresh.transformer
        for frame in range(frames):
            start = 960 + 640 * frame
            new = audio[:, :, start : start + 640]
            heard_self, heard_other, hearing = model.encode(new[0], new[1], hearing)
            one, transformer = model.context(
                heard_self,
                heard_other,
                history[:, frame + 1 : frame + 2],
                history[:, frame : frame + 1],
                anchor,
                ages[:, frame : frame + 1],
                switches,
                transformer,
            )
            one = model.condition(one, heard_self, ages[:, frame + 1 : frame + 2], switches)
            torch.testing.assert_close(one[:, 0], whole[:, frame], atol=1e-5, rtol=0)


def test_a_clip_as_training_hears_it_is_what_a_stream_hears():
    model, frames = untrained(), 30
    audio = torch.from_numpy(babble(frames))[:, None]
    with torch.inference_mode():
        mels = [model.mels(party, model.mels.initial_state(1))[0] for party in audio]
        clip = model.encode_clip(*mels)
        hearing = model.prime(audio[0, :, :960], audio[1, :, :960], model.initial_state(1).audio)
        for frame in range(frames):
            new = audio[:, :, 960 + 640 * frame : 1600 + 640 * frame]
            heard_self, heard_other, hearing = model.encode(new[0], new[1], hearing)
            torch.testing.assert_close(heard_self[:, 0], clip[0][:, frame], atol=1e-5, rtol=0)
            torch.testing.assert_close(heard_other[:, 0], clip[1][:, frame], atol=1e-5, rtol=0)


def test_free_running_in_single_threads_and_in_many_agrees_over_250_frames():
    """Feedback compounds rounding; another summation order must not lead the motion elsewhere."""
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


def test_motion_stays_within_the_limits_of_its_layout():
    model = untrained()
    motion = run(Session(model), 20 * babble(_FRAMES), _FRAMES)
    assert motion[:, :52].min() >= 0.0
    assert motion[:, :52].max() <= 1.0
    assert np.abs(motion[:, 52:55]).max() <= 0.8 + 1e-6


def test_what_was_shown_in_place_of_the_motion_is_what_the_next_frame_follows():
    model, audio = untrained(), babble(_FRAMES)
    free, led = Session(model), Session(model)
    for session in (free, led):
        run(session, audio, 20)
    led.emitted(MotionFrame(19, np.ones(52, np.float32), np.full(6, 0.2, np.float32)))
    rest = audio[:, 20 * 640 + 960 :]
    assert not np.allclose(run(free, rest, 1), run(led, rest, 1), atol=1e-3)


def test_telling_the_motion_itself_changes_nothing():
    model, audio = untrained(), babble(_FRAMES)
    plain, told = Session(model), Session(model)
    position = 0
    for _ in range(20):
        after = position + plain.samples_needed
        expected, motion = (s.step(audio[0, position:after], audio[1, position:after]) for s in (plain, told))
        told.emitted(motion)
        assert np.array_equal(expected.values, motion.values)
        position = after


def test_a_wrong_number_of_samples_is_refused_with_the_right_one():
    session = Session(untrained())
    with pytest.raises(ValueError, match=r"self_audio has the shape \(640,\); this step needs \(1600,\)"):
        session.step(np.zeros(640, np.float32), np.zeros(640, np.float32))
