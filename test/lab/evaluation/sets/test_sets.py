"""Evaluation speech is disjoint from training speech, and its labels are consistent."""

import json
from itertools import pairwise

import numpy as np
import pytest

from dystream_lab.evaluation.sets import asterisk, synthetic, valid
from dystream_lab.evaluation.sets.synthetic import TEXTS
from dystream_lab.evaluation.sets.utterance import Utterance, padded
from dystream_lab.rates import HOP
from dystream_lab.speech.engines.piper import joined
from dystream_lab.speech.phones import PHONES, SILENCE, VOWELS, to_phones
from dystream_lab.speech.texts.sentences import sentence_bank
from dystream_lab.speech.texts.wide_sentences import wide_texts
from dystream_lab.speech.voices import VOICES


def words(text: str) -> list[str]:
    return "".join(letter if letter.isalpha() else " " for letter in text.lower()).split()


def real_texts() -> list[str]:
    return [entry["text"] for entry in json.loads(asterisk.LABELS.read_text(encoding="utf-8")).values()]


@pytest.mark.parametrize("texts", [TEXTS, real_texts()], ids=["synthetic", "real"])
def test_no_text_of_the_test_voices_is_trained_on(texts):
    banks = (sentence_bank(0), wide_texts(0))
    trained = [words(text) for bank in banks for texts in bank.values() for text in texts]
    known = {" ".join(text) for text in trained}
    runs = {tuple(text[i : i + 4]) for text in trained for i in range(len(text) - 3)}
    for text in texts:
        mine = words(text)
        assert " ".join(mine) not in known
        shared = [mine[i : i + 4] for i in range(len(mine) - 3) if tuple(mine[i : i + 4]) in runs]
        assert not shared


def test_test_voices_are_of_the_test_split():
    split = {(voice.engine, voice.name): voice.split for voice in VOICES}
    assert {split[voice] for voice in synthetic.VOICES} == {"test"}


def test_labels_of_the_real_voice_are_phones_in_order_without_overlap():
    labels = json.loads(asterisk.LABELS.read_text(encoding="utf-8"))
    assert len(labels) >= 80
    for name, entry in labels.items():
        assert entry["text"], name
        for start, end, phone in entry["phones"]:
            assert phone in PHONES, name
            assert phone != SILENCE, name
            assert 0.0 <= start < end, name
            assert end - start < 0.6, (name, phone)
        for (_, end, _), (start, _, _) in pairwise(entry["phones"]):
            assert end <= start + 1e-6, name
        assert any(phone in VOWELS for _, _, phone in entry["phones"]), name


def test_breaths_of_the_real_voice_lie_in_silences_of_the_labels():
    labels = json.loads(asterisk.LABELS.read_text(encoding="utf-8"))
    listed = {name: entry["breaths"] for name, entry in labels.items() if "breaths" in entry}
    assert listed
    for name, breaths in listed.items():
        for begin, finish in breaths:
            assert 0.0 <= begin < finish, name
            assert all(finish <= start or end <= begin for start, end, _ in labels[name]["phones"]), name
        assert all(end <= start for (_, end), (start, _) in pairwise(breaths)), name


def test_padding_moves_phones_and_breaths_along():
    sound = np.ones(HOP * 5, np.float32)
    moved = padded(Utterance("a", "test", "b/c", sound, ((0.0, 0.1, "AA"),), ((0.1, 0.2),)), 0.4, 0.2)
    assert moved.frames == 20
    assert moved.phones == ((0.4, 0.5, "AA"),)
    assert moved.breaths == ((0.5, 0.6000000000000001),)
    assert not moved.samples[: 10 * HOP].any()
    assert list(np.flatnonzero(moved.speaks)) == [10, 11]


def test_the_letters_of_piper_are_joined_to_symbols_and_stress_goes_to_its_vowel():
    letters = [(0.0, 0.1, "^"), (0.1, 0.2, "m"), (0.2, 0.25, "ˈ"), (0.25, 0.3, "a"), (0.3, 0.4, "ɪ"), (0.4, 0.6, ".")]
    symbols = joined(letters)
    assert symbols == ((0.1, 0.2, "m"), (0.2, 0.4, "aɪ"), (0.4, 0.6, "."))
    assert [phone for _, _, phone in to_phones(symbols, "piper")] == ["M", "AY", SILENCE]


def test_validation_utterances_are_cut_with_their_phones(tmp_path):
    folder = tmp_path / "clips" / "valid-00000"
    folder.mkdir(parents=True)
    sound = np.zeros((16_000 * 8, 2), np.int16)
    sound[3 * 16_000 : 5 * 16_000, 1] = 1000
    np.save(folder / "audio.npy", sound)
    phones = [[3.0, 4.0, "AA"], [4.0, 5.0, "M"], [6.5, 6.6, "B"]]
    (folder / "labels.json").write_text(json.dumps([{"phones": []}, {"phones": phones}]))
    entries = [{"id": "valid-00000", "split": "valid", "voices": ["x/a", "x/b"]}, {"id": "t", "split": "train"}]
    (tmp_path / "index.json").write_text(json.dumps({"clips": entries}))
    found = valid.load(tmp_path)
    assert [utterance.voice for utterance in found] == ["x/b"]
    (start, _, _), (_, end, _) = found[0].phones
    heard = np.flatnonzero(found[0].samples)
    assert abs(heard[0] / 16_000 - start) < 0.001
    assert abs(heard[-1] / 16_000 - end) < 0.001
