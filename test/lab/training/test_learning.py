"""What training learns from corpora with a known answer."""

import dataclasses

import numpy as np
import pytest
import torch
from tiny_training import CONFIG, MODEL, logged, write_clip, write_index

from dystream_lab.corpus.dataset import ConversationDataset
from dystream_lab.speech.phones import PHONES
from dystream_lab.training.batches import conversation_batch
from dystream_lab.training.corruption import Corruption
from dystream_lab.training.objective import Objective
from dystream_lab.training.train import train
from dystream_ros.face.arkit import ARKIT_INDEX
from dystream_ros.models.compact.model import EVENTS, CompactModel
from dystream_ros.models.registry import load_model


def test_lips_ignore_the_partners_voice_leaking_into_the_own_channel(tmp_path):
    """The face speaks while its partner is silent; what the partner says is as loud in the own channel."""
    rng = np.random.default_rng(2)
    frames, clips = 500, []
    for name, split in (("a", "train"), ("b", "valid")):
        talks = np.repeat(rng.random((frames // 10, 2)) > 0.5, 10, axis=0)
        talks[:, 0] &= ~talks[:, 1]
        sound = 0.1 * np.repeat(talks, 640, axis=0) * rng.standard_normal((frames * 640, 2))
        sound[:, 0] += sound[:, 1]
        motion = np.zeros((1, frames, 58), np.float32)
        motion[0, :, ARKIT_INDEX["jawOpen"]] = 0.5 * talks[:, 0]
        write_clip(tmp_path / "corpus", name, sound, motion, [{"phones": [[0.0, 20.0, "AA"]]}, {"phones": []}])
        clips.append({"id": name, "split": split, "frames": frames, "parties": [0]})
    write_index(tmp_path / "corpus", clips)
    config = dataclasses.replace(CONFIG, steps=200, encoder_steps=200, rate=1e-2, save_every=200, average=0.9)
    model = load_model(str(train(tmp_path / "corpus", tmp_path / "run", config, MODEL))).network
    clip = ConversationDataset(tmp_path / "corpus", "valid").whole(0, 0)
    with torch.no_grad():
        heard = [torch.from_numpy(sound)[None] for sound in (clip.self_audio, clip.other_audio)]
        mels = [model.mels(sound, model.mels.initial_state(1))[0] for sound in heard]
        lips = model.lips(model.self_clip(*mels))[0]
    jaw = lips[:, model.space.speech_index.tolist().index(ARKIT_INDEX["jawOpen"])]
    jaw = jaw * model.space.deviation[ARKIT_INDEX["jawOpen"]] + model.space.mean[ARKIT_INDEX["jawOpen"]]
    error = (jaw - torch.from_numpy(clip.motion[:, ARKIT_INDEX["jawOpen"]])).abs()
    leaks = torch.from_numpy(np.abs(clip.other_audio[: frames * 640]).reshape(frames, 640).max(1) > 0.01)
    assert leaks.float().mean() > 0.3
    assert error[leaks].mean() < 0.1


def test_event_onsets_are_predicted_from_the_partners_voice(tmp_path):
    """It nods and blinks when its partner falls silent, looks aside and raises its brows when that begins to talk."""
    rng = np.random.default_rng(1)
    frames, clips = 500, []
    for name, split in (("a", "train"), ("b", "valid")):
        talks = np.repeat(rng.random(frames // 20) > 0.5, 20)
        sound = np.zeros((frames * 640, 2))
        sound[:, 1] = 0.1 * np.repeat(talks, 640) * rng.standard_normal(frames * 640)
        falls = np.flatnonzero(talks[:-1] & ~talks[1:]) + 5
        rises = np.flatnonzero(~talks[:-1] & talks[1:]) + 5
        motion = np.zeros((1, frames, 58), np.float32)
        aside = np.isin(np.arange(frames), rises).cumsum() % 2 == 1
        motion[0, aside, ARKIT_INDEX["eyeLookOutLeft"]] = motion[0, aside, ARKIT_INDEX["eyeLookInRight"]] = 0.5
        for fall in falls:
            motion[0, fall : fall + 5, [ARKIT_INDEX["eyeBlinkLeft"], ARKIT_INDEX["eyeBlinkRight"]]] = 1.0
        for rise in rises:
            motion[0, rise : rise + 10, ARKIT_INDEX["browInnerUp"]] = 0.3
        party = {"phones": [[0.0, 20.0, "SIL"]], "nods": [(frame + 0.4) / 25 for frame in falls.tolist()]}
        write_clip(tmp_path / "corpus", name, sound, motion, [party, {"phones": []}])
        clips.append({"id": name, "split": split, "frames": frames, "parties": [0]})
    write_index(tmp_path / "corpus", clips)
    config = dataclasses.replace(CONFIG, steps=120, encoder_steps=0, frames=100, rate=1e-2, save_every=120, average=0.9)
    train(tmp_path / "corpus", tmp_path / "run", config, MODEL)
    logs = logged(tmp_path / "run", "train")[-10:]
    clip = ConversationDataset(tmp_path / "corpus", "train").whole(0, 0)
    rates = (clip.event_ages == 0).mean(0)
    assert rates.min() > 0.005
    blind = -rates * np.log(rates) - (1 - rates) * np.log(1 - rates)
    found = [np.mean([float(row[event]) for row in logs]) for event in EVENTS]
    assert (found < 0.6 * blind).all(), (found, blind)


def test_sampled_frames_enter_the_history_and_gradients_flow(corpus):
    torch.manual_seed(0)
    model, asked = CompactModel(MODEL), []
    objective = Objective(model, len(PHONES), Corruption(drift=0.0, lip_noise=0.0, lip_drop=0.0, own=1.0))
    batch = conversation_batch(ConversationDataset(corpus, "train"), CONFIG, MODEL, 0, 2, augment=False)
    context = model.context
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(model, "context", lambda *given: asked.append(given[2]) or context(*given))
        objective(model, batch)["total"].backward()
    first, second = asked
    own = (first != second).any(2)
    assert 0.1 < own.float().mean() < 0.9
    assert model.motion_embed.weight.grad.abs().max() > 0


def test_clips_without_phone_labels_are_trained_on(corpus, tmp_path):
    """Videos of people come without them."""
    import dystream_lab.corpus.dataset as dataset
    from dystream_lab.speech.phones import UNKNOWN_ID

    real = dataset.ConversationDataset.view

    def without_phones(self, *args):
        clip = real(self, *args)
        return dataclasses.replace(clip, phones=np.full_like(clip.phones, UNKNOWN_ID))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dataset.ConversationDataset, "view", without_phones)
        train(corpus, tmp_path, CONFIG, MODEL)
    rows = logged(tmp_path, "train")
    assert {float(row["phones"]) for row in rows} == {0.0}
    assert all(np.isfinite(float(row["total"])) for row in rows)
