"""The texts and the voices of the corpus."""

import itertools

import numpy as np
import pytest

from dystream_ros.training.cast import ROLES, role_of
from dystream_ros.training.sentences import sentence_bank, templated_sentences
from dystream_ros.training.synthesis.collect import script
from dystream_ros.training.synthesis.voices import SPLITS, VOICES, voices_of


def test_the_bank_has_hundreds_of_distinct_texts_in_every_role():
    bank = sentence_bank()
    assert set(bank) == set(ROLES)
    texts = [text for texts in bank.values() for text in texts]
    assert len(set(texts)) > 700
    assert all(role_of(text) == role for role, texts in bank.items() for text in texts)


def test_the_bank_is_the_same_for_a_seed():
    assert sentence_bank(3) == sentence_bank(3)
    assert sentence_bank(3) != sentence_bank(4)


def test_more_sentences_than_templates_give_are_refused():
    with pytest.raises(ValueError, match="at most"):
        templated_sentences(np.random.default_rng(0), 10**7)


def test_a_speaker_is_in_one_split_whatever_engine_imitates_it():
    for speaker in ("kal", "slt", "heart"):
        assert {voice.split for voice in VOICES if speaker in voice.name} == {"test"}
    assert {voice.split for voice in VOICES} == set(SPLITS)


@pytest.mark.parametrize("engine", ["kokoro", "flite", "festival", "espeak"])
def test_test_voices_are_never_asked_to_speak(engine):
    asked = {voice for voice, _, _ in itertools.islice(script(engine), 300)}
    assert asked == {voice.name for voice in voices_of(engine)}
    assert asked.isdisjoint(voice.name for voice in VOICES if voice.split == "test" and voice.engine == engine)
