"""A corpus on disk from the voices of a simulated engine, and its segments."""

import dataclasses
import json

import numpy as np
import pytest

from dystream_lab.corpus.cast import LAUGH
from dystream_lab.corpus.corpus import CorpusPlan, build
from dystream_lab.corpus.dataset import ConversationDataset
from dystream_lab.speech.collect import collect
from dystream_lab.speech.engines.kokoro import phone_times
from dystream_lab.speech.phones import PHONE_INDEX, UnknownSymbol
from dystream_lab.speech.speech import Speech, SpeechCache
from dystream_lab.speech.texts.sentences import BACKCHANNELS
from dystream_lab.teacher.teacher import MOTION_NAMES
from dystream_ros.cli import main

PLAN = CorpusPlan(hours=24 / 3600, valid_hours=12 / 3600, clip_seconds=12.0, seed=4)


class Hummer:
    """An engine whose voices hum "ma" over and over, in as many words as the text has."""

    engine = "espeak"

    def __init__(self) -> None:
        self.spoken = 0

    def speak(self, voice: str, text: str, rate: float = 1.0) -> Speech:
        self.spoken += 1
        symbols = [
            (0.2 * k, 0.2 * k + 0.1 * part, s) for k in range(len(text.split())) for part, s in ((1, "m"), (2, "ɑː"))
        ]
        symbols = tuple((start + (0.1 if s == "ɑː" else 0.0), end, s) for start, end, s in symbols)
        time = np.arange(int(symbols[-1][1] * 16_000)) / 16_000
        return Speech((0.2 * np.sin(2 * np.pi * 140 * time)).astype(np.float32), symbols, text, self.engine, voice)


@pytest.fixture(scope="module")
def speech(tmp_path_factory) -> SpeechCache:
    cache = SpeechCache(tmp_path_factory.mktemp("speech"))
    for _ in collect(Hummer(), cache, 240.0):
        pass
    return cache


@pytest.fixture(scope="module")
def corpus(speech, tmp_path_factory):
    folder = tmp_path_factory.mktemp("corpus")
    assert len(list(build(folder, speech, PLAN))) == 3
    return folder


def test_cached_speech_is_not_synthesized_again(speech):
    hummer = Hummer()
    assert list(collect(hummer, speech, 60.0))[-1] >= 60.0
    assert hummer.spoken == 0


def test_an_utterance_that_no_alphabet_reads_is_left_out(tmp_path):
    """A foreign word must not stop a job of hours; an engine that says nothing else must."""

    class Foreigner(Hummer):
        def __init__(self, every: int) -> None:
            super().__init__()
            self.every = every

        def speak(self, voice, text, rate=1.0):
            speech = super().speak(voice, text, rate)
            if self.spoken % self.every:
                return speech
            start, end, _ = speech.symbols[0]
            return dataclasses.replace(speech, symbols=((start, end, "ʘ"), *speech.symbols[1:]))

    cache = SpeechCache(tmp_path / "now and then")
    with pytest.warns(UserWarning, match="ʘ"):
        assert list(collect(Foreigner(3), cache, 60.0))[-1] >= 60.0
    assert all(symbol != "ʘ" for path in cache.all() for _, _, symbol in cache.load(path).symbols)
    with pytest.raises(UnknownSymbol, match="ʘ"), pytest.warns(UserWarning, match="ʘ"):
        list(collect(Foreigner(1), SpeechCache(tmp_path / "always"), 60.0))


def test_validation_voices_speak_no_training_text(corpus, speech):
    said = {"train": set(), "valid": set()}
    for split, texts in said.items():
        for entry in ConversationDataset(corpus, split).entries:
            for party in json.loads((corpus / "clips" / entry["id"] / "labels.json").read_text()):
                texts |= {text.removesuffix(" (broken off)") for _, _, text in party["lines"]}
    assert said["train"]
    assert said["valid"]
    assert said["train"] & said["valid"] <= {*BACKCHANNELS, LAUGH}


def test_the_hours_of_each_source_are_counted(speech):
    assert list(speech.hours()) == ["espeak"]
    assert speech.hours()["espeak"] * 3600 == pytest.approx(240.0, abs=20.0)


def test_the_same_seed_and_speech_give_the_same_corpus(corpus, speech, tmp_path):
    list(build(tmp_path, speech, PLAN))
    for clip in ("valid-00000", "train-00000", "train-00001"):
        for name in ("audio.npy", "motion.npy"):
            first, again = (np.load(root / "clips" / clip / name) for root in (corpus, tmp_path))
            np.testing.assert_array_equal(first, again)


def test_a_build_that_stopped_is_resumed(corpus, speech, tmp_path):
    begun = build(tmp_path, speech, PLAN)
    next(begun)
    begun.close()
    made = (tmp_path / "clips" / "valid-00000" / "audio.npy").stat().st_mtime_ns
    list(build(tmp_path, speech, PLAN))
    assert (tmp_path / "clips" / "valid-00000" / "audio.npy").stat().st_mtime_ns == made
    assert json.loads((tmp_path / "index.json").read_text()) == json.loads((corpus / "index.json").read_text())


def test_a_folder_with_another_corpus_is_refused(corpus, speech):
    with pytest.raises(ValueError, match=r"seed=4.*seed=5"):
        next(build(corpus, speech, CorpusPlan(seed=5, clip_seconds=12.0)))


def test_a_build_that_stopped_at_once_is_not_resumed_with_another_seed(speech, tmp_path):
    begun = build(tmp_path, speech, PLAN)
    next(begun)
    begun.close()
    with pytest.raises(ValueError, match=r"seed=4.*seed=5"):
        next(build(tmp_path, speech, dataclasses.replace(PLAN, seed=5)))


def test_speech_without_enough_lines_is_refused(tmp_path):
    with pytest.raises(ValueError, match="dystream corpus"):
        next(build(tmp_path, SpeechCache(tmp_path / "none"), PLAN))


def test_valid_clips_have_held_out_voices(corpus):
    voices = {
        split: {voice for entry in ConversationDataset(corpus, split).entries for voice in entry["voices"]}
        for split in ("train", "valid")
    }
    assert voices["valid"] <= {"espeak/en+m7", "espeak/en-us+f5"}
    assert voices["train"].isdisjoint(voices["valid"])


def test_a_clip_has_the_audio_of_its_frames_and_of_the_lookahead(corpus):
    dataset = ConversationDataset(corpus, "train")
    assert len(dataset) == 2
    assert dataset.motion_names == MOTION_NAMES
    clip = dataset.clip(np.random.default_rng(0), frames=50, lookahead=960)
    assert clip.self_audio.shape == clip.other_audio.shape == (50 * 640 + 960,)
    assert clip.self_audio.dtype == clip.motion.dtype == np.float32
    assert clip.motion.shape == (50, 58)
    assert clip.phones.shape == clip.other_phones.shape == (50,)


def test_views_of_the_two_parties_swap_the_channels(corpus):
    dataset = ConversationDataset(corpus, "train")
    first, second = (dataset.whole(0, party) for party in (0, 1))
    np.testing.assert_array_equal(first.self_audio, second.other_audio)
    np.testing.assert_array_equal(first.phones, second.other_phones)
    assert np.abs(first.motion - second.motion).max() > 0.0


def test_a_view_starts_at_its_frame(corpus):
    dataset = ConversationDataset(corpus, "valid")
    whole = dataset.whole(0, 1)
    part = dataset.view(whole.clip, 1, 100, 30, 320)
    np.testing.assert_array_equal(part.self_audio, whole.self_audio[64_000 : 64_000 + 30 * 640 + 320])
    np.testing.assert_array_equal(part.motion, whole.motion[100:130])
    np.testing.assert_array_equal(part.phones, whole.phones[100:130])


def test_lips_are_closed_where_the_phones_say_m(corpus):
    dataset = ConversationDataset(corpus, "train")
    jaw, close = MOTION_NAMES.index("jawOpen"), MOTION_NAMES.index("mouthClose")
    for number in range(len(dataset)):
        for party in (0, 1):
            clip = dataset.whole(number, party)
            gap = clip.motion[:, jaw] - clip.motion[:, close]
            assert np.median(gap[clip.phones == PHONE_INDEX["M"]]) < 0.03
            assert np.median(gap[clip.phones == PHONE_INDEX["AA"]]) > 0.1


def test_a_clip_longer_than_any_is_refused(corpus):
    with pytest.raises(ValueError, match="300 frames"):
        ConversationDataset(corpus, "train").clip(np.random.default_rng(0), frames=301)


def test_a_missing_corpus_or_split_is_reported(corpus, tmp_path):
    with pytest.raises(FileNotFoundError, match="dystream corpus"):
        ConversationDataset(tmp_path, "train")
    with pytest.raises(ValueError, match="'test'"):
        ConversationDataset(corpus, "test")


def test_the_neural_voices_units_become_times_and_stress_marks_join_their_vowel():
    times = phone_times(list("mˈu"), np.array([10.0, 4.0, 1.0, 6.0, 3.0]))
    assert times == (
        (pytest.approx(0.195), pytest.approx(0.295), "m"),
        (pytest.approx(0.295), pytest.approx(0.47), "u"),
    )


def test_the_command_names_the_engines_there_are(tmp_path, capsys):
    assert main(["corpus", str(tmp_path / "new"), "--engines", "parrot"]) == 2
    assert "no engine parrot; there are festvox-ru" in capsys.readouterr().err
