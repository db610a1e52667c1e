"""The texts and the voices of the corpus."""

import collections
import itertools
import re
from pathlib import Path

import numpy as np
import pytest
import soundfile

from dystream_lab.corpus.cast import _SHARES as CAST_SHARES
from dystream_lab.corpus.cast import ROLES, role_of
from dystream_lab.speech.collect import script
from dystream_lab.speech.engines.catalogue import SHARES, create
from dystream_lab.speech.engines.festival import LANGUAGES, finnish_spelling
from dystream_lab.speech.engines.festvox_ru import collect_recordings, is_held_out
from dystream_lab.speech.speech import SpeechCache, SynthesisUnavailable
from dystream_lab.speech.texts.sentences import BACKCHANNELS, sentence_bank, templated_sentences
from dystream_lab.speech.texts.wide_sentences import held_out_texts, validates, wide_texts
from dystream_lab.speech.voices import VOICES, voices_of


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


def test_wide_texts_have_thousands_of_words_and_the_roles_of_a_conversation():
    texts = wide_texts(0)
    assert wide_texts(0) == texts
    assert wide_texts(1) != texts
    assert all(role_of(text) == role for role, said in texts.items() for text in said)
    assert len({word for said in texts.values() for text in said for word in words(text)}) > 10_000
    assert all(text.endswith((".", "?", "!")) and "{" not in text for said in texts.values() for text in said)


def words(text: str) -> list[str]:
    return "".join(letter if letter.isalpha() else " " for letter in text.lower()).split()


def test_validation_texts_have_words_that_are_in_no_training_text():
    trained, kept = (
        collections.Counter(word for said in texts.values() for text in said for word in words(text))
        for texts in (wide_texts(0), held_out_texts())
    )
    # What both have are the words that hold a sentence together, and a few plurals.
    shared = set(trained) & set(kept)
    assert len(shared) < 150
    assert len(set(kept) - shared) > 1000
    assert not any(validates(text) for said in wide_texts(0).values() for text in said)


def test_texts_of_validation_voices_are_exclusive():
    split = {voice.name: voice.split for voice in VOICES if voice.engine == "kokoro"}
    for voice, text, _ in itertools.islice(script("kokoro"), 500):
        assert text in BACKCHANNELS or validates(text) == (split[voice] == "valid")


def test_a_speaker_is_in_one_split_whatever_engine_imitates_it():
    for speaker in ("kal", "slt", "heart"):
        assert {voice.split for voice in VOICES if speaker in voice.name} == {"test"}
    assert {voice.split for voice in VOICES} == {"train", "valid", "test"}


@pytest.mark.parametrize("engine", ["kokoro", "flite", "festival", "festival-fi", "festival-ca", "espeak"])
def test_test_voices_are_in_no_script(engine):
    asked = {voice for voice, _, _ in itertools.islice(script(engine), 300)}
    assert asked == {voice.name for voice in voices_of(engine)}
    assert asked.isdisjoint(voice.name for voice in VOICES if voice.split == "test" and voice.engine == engine)


def test_half_of_the_recordings_is_never_used(tmp_path):
    def record(number: int) -> None:
        soundfile.write(tmp_path / "wav" / f"ru_{number:04d}.wav", np.zeros(16_000), 16_000)
        (tmp_path / "lab" / f"ru_{number:04d}.lab").write_text("#\n0.5 125 pau\n1.0 125 aa\n")

    for folder in ("wav", "lab"):
        (tmp_path / folder).mkdir()
    for number in range(1, 7):
        record(number)
    cache = SpeechCache(tmp_path / "cache")
    assert list(collect_recordings(cache, 100.0, tmp_path)) == [1.0, 2.0, 3.0]
    assert sorted(cache.text(path) for path in cache.all()) == ["ru_0002", "ru_0004", "ru_0006"]
    assert cache.load(cache.all()[0]).symbols == ((0.0, 0.5, "pau"), (0.5, 1.0, "aa"))
    assert not any(is_held_out(cache.text(path)) for path in cache.all())


def test_the_message_for_a_missing_engine_names_its_package(tmp_path):
    with pytest.raises(SynthesisUnavailable, match="apt-get install festvox-ru"):
        next(collect_recordings(SpeechCache(tmp_path), 1.0, tmp_path))


def test_the_set_up_installs_the_voices_of_all_languages():
    machine = (Path(__file__).parents[3] / "scripts" / "setup" / "machine.sh").read_text()
    [listed] = re.findall(r"in festvox-\{(.*?)\}", machine)
    needed = {package for language in LANGUAGES.values() for package in language.packages.split()}
    assert needed <= {f"festvox-{name}" for name in listed.split(",")}


@pytest.mark.parametrize("engine", LANGUAGES)
def test_a_missing_festival_or_voice_names_the_packages(engine, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SynthesisUnavailable, match=f"apt-get install festival {LANGUAGES[engine].packages}"):
        create(engine, tmp_path)
    command = tmp_path / "festival"
    command.write_text("#!/bin/sh\necho unbound variable >&2\n")
    command.chmod(0o755)
    with pytest.raises(SynthesisUnavailable, match=f"unbound variable.*apt-get install {LANGUAGES[engine].packages}"):
        create(engine, tmp_path).speak("nobody", "Hello.")


def test_shares_sum_to_one_and_their_engines_have_voices():
    for shares in (SHARES, CAST_SHARES):
        assert sum(shares.values()) == pytest.approx(1.0)
        assert all(voices_of(engine) for engine in shares)
    assert set(SHARES) == set(CAST_SHARES)


def test_finnish_voices_read_letters_that_they_have():
    assert finnish_spelling("The chef's ox, which has six quick zebras.") == "te tsefs oks, vits ha siks kvikk sebras."
    assert set(finnish_spelling("Coax the quiz show's wax fox, bring six phones!")) <= set("abdefghijklmnoprstuvy ,!")
