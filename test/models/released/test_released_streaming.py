"""Sessions of the published model follow the rules of the compact model's, on the tiny golden weights."""

import numpy as np
import pytest
import torch

from dystream_ros.engine.session import Session
from dystream_ros.models.released.streaming.causal_encoder import CausalEncoder
from dystream_ros.models.released.streaming.model import ReleasedModel, StreamConfig
from dystream_ros.models.released.streaming.session import ReleasedSessionBatch
from dystream_ros.models.released.streaming.speech_statistics import TrackingConfig

LOOKAHEAD = 960


@pytest.fixture
def model(streaming_model):
    return streaming_model


@pytest.fixture(scope="module")
def two_sided(tiny_generator, tiny_golden):
    return ReleasedModel(tiny_generator, StreamConfig(window=40), tiny_golden["input/anchor"][0, 0])


def run(session, self_audio, other_audio, frames):
    position, motions = 0, []
    for _ in range(frames):
        count = session.samples_needed
        part = slice(position, position + count)
        motions.append(session.step(self_audio[part], other_audio[part]).latent)
        position += count
    return np.stack(motions)


@pytest.fixture(scope="module")
def tracks(speech_like):
    return speech_like(4, 1), speech_like(4, 2)


def test_a_session_needs_the_lookahead_once(model):
    session = Session(model)
    assert (session.samples_needed, session.hop, session.lookahead) == (640 + LOOKAHEAD, 640, LOOKAHEAD)
    quiet = np.zeros(1600, np.float32)
    frame = session.step(quiet, quiet)
    assert session.samples_needed == 640
    assert (frame.frame, frame.latent.shape, session.layout.latent_size) == (0, (16,), 16)
    with pytest.raises(ValueError, match="needs"):
        session.step(quiet, quiet)


def test_audio_after_the_lookahead_changes_nothing_before_it_bit_for_bit(model, tracks, speech_like):
    frames, changed_from = 30, 20
    first = run(Session(model), *tracks, frames)
    cut = (changed_from) * 640 + LOOKAHEAD
    other_tracks = [np.concatenate([track[:cut], speech_like(4, 9)[cut:]]) for track in tracks]
    second = run(Session(model), *other_tracks, frames)
    assert np.array_equal(first[:changed_from], second[:changed_from])
    assert not np.array_equal(first[changed_from:], second[changed_from:])


def test_same_seed_and_audio_give_the_same_motion_and_another_seed_another(model, tracks):
    first, again, other = (run(Session(model, seed), *tracks, 12) for seed in (3, 3, 4))
    assert np.array_equal(first, again)
    assert not np.allclose(first, other)


def test_a_reset_session_is_the_same_as_a_new_one(model, tracks):
    session = Session(model, 5)
    first = run(session, *tracks, 15)
    session.reset()
    assert np.array_equal(run(session, *tracks, 15), first)
    session.reset(6)
    assert np.array_equal(run(session, *tracks, 15), run(Session(model, 6), *tracks, 15))


def test_heads_of_a_batch_move_as_they_would_alone(model, speech_like):
    seeds = [1, 2, 3]
    tracks = [(speech_like(2, 10 + seed), speech_like(2, 20 + seed)) for seed in seeds]
    batch = ReleasedSessionBatch(model, seeds)
    together = []
    for row, pair in enumerate(tracks):
        batch.prime(row, *(track[:LOOKAHEAD] for track in pair))
    for frame in range(25):
        part = slice(LOOKAHEAD + 640 * frame, LOOKAHEAD + 640 * (frame + 1))
        rows = [np.stack([pair[party][part] for pair in tracks]) for party in range(2)]
        together.append([frame.latent for frame in batch.step(*rows)])
    for row, seed in enumerate(seeds):
        alone = run(Session(model, seed), *tracks[row], 25)
        np.testing.assert_allclose(np.stack([frames[row] for frames in together]), alone, atol=2e-5)


def test_a_reset_of_one_head_does_not_change_the_others_of_its_batch(model):
    quiet = np.zeros((2, 640), np.float32)
    reference, disturbed = (ReleasedSessionBatch(model, [1, 2]) for _ in range(2))
    for batch in (reference, disturbed):
        for _ in range(3):
            batch.step(quiet, quiet)
    disturbed.reset(0)
    after = disturbed.step(quiet, quiet)
    assert np.array_equal(after[1].latent, reference.step(quiet, quiet)[1].latent)
    fresh = ReleasedSessionBatch(model, [1, 2]).step(quiet, quiet)[0]
    assert after[0].frame == 0
    np.testing.assert_allclose(after[0].latent, fresh.latent, atol=1e-6)


@pytest.mark.parametrize("lookahead", [0, 320, 3200])
def test_any_lookahead_of_whole_features_works(tiny_generator, tracks, lookahead):
    config = StreamConfig(lookahead=lookahead, window=40)
    model = ReleasedModel(tiny_generator, config, torch.zeros(16))
    assert np.isfinite(run(Session(model), *tracks, 5)).all()


def test_a_lookahead_that_is_not_a_multiple_of_20_ms_is_refused(tiny_generator):
    with pytest.raises(ValueError, match="multiple of 320"):
        ReleasedModel(tiny_generator, StreamConfig(lookahead=100), torch.zeros(16))


def offline(model, own, other):
    return np.stack([frame.latent for frame in model.offline(own, other, seed=7)])


def test_offline_frames_are_one_per_40_ms_of_the_longer_sound_and_the_same_when_repeated(two_sided, tracks):
    own, other = tracks[0][:16_000], tracks[1][:12_345]
    first = offline(two_sided, own, other)
    assert first.shape == (25, 16)
    assert np.array_equal(first, offline(two_sided, own, other))
    assert np.array_equal(first, offline(two_sided, own, np.pad(other, (0, 16_000 - len(other)))))


def test_an_offline_frame_depends_on_sound_far_after_it(two_sided, tracks):
    own, other = (track[:16_000] for track in tracks)
    changed = other.copy()
    changed[-640:] += 0.1
    difference = np.abs(offline(two_sided, own, changed) - offline(two_sided, own, other)).max(1)
    assert difference[0] > 1e-4  # the live model's first frame depends on the first 0.1 s only


def test_offline_inference_of_causal_encoders_is_refused(tiny_generator, tracks):
    published = tiny_generator.audio_encoder_face, tiny_generator.audio_encoder_face_other
    own, other = (CausalEncoder(encoder, 960, 40) for encoder in published)
    causal = ReleasedModel(tiny_generator, StreamConfig(window=40), torch.zeros(16), encoders=(own, other))
    with pytest.raises(ValueError, match="leave --offline out"):
        next(causal.offline(*tracks))


def test_bfloat16_stays_near_float32(tiny_generator, tracks):
    single, half = (
        ReleasedModel(tiny_generator, StreamConfig(window=40, dtype=dtype), torch.zeros(16))
        for dtype in (torch.float32, torch.bfloat16)
    )
    exact, rounded = (run(Session(model), *tracks, 10) for model in (single, half))
    assert 0 < np.abs(exact - rounded).max() < 0.2 * np.abs(exact).max()


def test_a_frozen_normalisation_ignores_the_voice_and_a_tracked_one_follows(tiny_generator, tracks):
    loud = tracks[0] * 3
    states = []
    for seconds in (0.0, 1.0):
        config = StreamConfig(window=40, tracking=TrackingConfig(time_constant=seconds))
        batch = ReleasedSessionBatch(ReleasedModel(tiny_generator, config, torch.zeros(16)), [0])
        before = batch._stepping._state.self_encoder.front_end.moments.clone()
        for frame in range(20):
            hop = loud[None, 640 * frame : 640 * (frame + 1)]
            batch.step(hop, hop)
        states.append((batch._stepping._state.self_encoder.front_end.moments - before).abs().max().item())
    assert states[0] == 0
    assert states[1] > 1e-3
