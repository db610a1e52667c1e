"""Batches of a training run: splicing, determinism, and loading in a worker process."""

import dataclasses

import numpy as np
import torch
from tiny_training import CONFIG, MODEL

from dystream_lab.corpus.dataset import ConversationDataset
from dystream_lab.speech.phones import PHONE_INDEX
from dystream_lab.training.batches import Batch, EncoderBatch, encoder_batch, spliced
from dystream_lab.training.loading import StepBatches, batches
from dystream_lab.training.processes import Processes


def test_a_spliced_segment_has_sound_and_motion_of_one_voice_at_a_time():
    rows, frames = 200, 20
    closed = PHONE_INDEX["M"]
    phones = np.full((rows, frames), PHONE_INDEX["AA"])
    phones[:, [4, 5, 12]] = closed  # lips closed in frames 4 and 12
    motion = np.broadcast_to(np.arange(rows, dtype=np.float32)[:, None, None], (rows, frames, 58)).copy()
    sound = np.broadcast_to(np.arange(rows, dtype=np.float32)[:, None], (rows, 640 * frames + 960)).copy()
    own, partner, moved, spoken = spliced(sound, -sound, motion, phones, np.random.default_rng(0))
    np.testing.assert_array_equal(own[:, : 640 * frames : 640], moved[..., 0])
    np.testing.assert_array_equal(partner, -own)
    np.testing.assert_array_equal(spoken, phones)
    assert (moved[:, 0, 0] == np.arange(rows)).all()
    swapped = np.flatnonzero(moved[:, -1, 0] != np.arange(rows))
    assert 30 <= len(swapped) <= 70
    begins = [int(np.argmax(moved[row, :, 0] != row)) for row in swapped]
    assert np.isin(begins, [4, 12]).mean() > 0.6
    assert len(set(begins)) > 5


def test_a_batch_depends_on_the_seed_and_its_number_alone(corpus):
    def batch(number: int, seed: int = 0) -> torch.Tensor:
        config = dataclasses.replace(CONFIG, seed=seed)
        dataset = ConversationDataset(corpus, "train")
        return encoder_batch(dataset, config, MODEL, number).self_mels

    assert torch.equal(batch(3), batch(3))
    assert not torch.equal(batch(3), batch(4))
    assert not torch.equal(batch(3), batch(3, seed=1))


def test_the_worker_process_gives_the_batches_of_the_steps_in_order(corpus):
    source = StepBatches(ConversationDataset(corpus, "train"), CONFIG, MODEL, Processes(rank=1, count=2))
    loaded = list(batches(source, 2, 6))
    assert [type(batch) for batch in loaded] == [EncoderBatch, Batch, EncoderBatch, Batch]
    assert torch.equal(loaded[0].self_mels, source[2].self_mels)
    assert torch.equal(loaded[3].encoder.self_mels, source[5].encoder.self_mels)
