"""The phone set and the alphabets that map to it."""

import numpy as np
import pytest

from dystream_lab.speech.phones import (
    ALPHABETS,
    CONSONANTS,
    PHONE_INDEX,
    PHONES,
    SILENCE,
    UNKNOWN,
    UNKNOWN_ID,
    VOWELS,
    UnknownSymbol,
    phone_ids,
    to_phones,
)
from dystream_lab.teacher.articulation import ARTICULATIONS


@pytest.mark.parametrize("engine", ALPHABETS)
def test_every_symbol_of_an_engine_stands_for_phones_of_the_set(engine):
    assert {phone for phones in ALPHABETS[engine].values() for phone in phones} <= set(PHONES)


OTHER_LANGUAGES = ("festvox-ru", "festival-fi", "festival-ca")


@pytest.mark.parametrize("engine", [engine for engine in ALPHABETS if engine not in OTHER_LANGUAGES])
def test_every_english_engine_reaches_every_phone(engine):
    assert {phone for phones in ALPHABETS[engine].values() for phone in phones} == set(PHONES)


# What (PhoneSet.description) of the voices lists.
FINNISH = """
    a e i o u y @ 7 & a: e: i: o: u: y: @: 7: p t k b d g f T s S h v m n N l L r j w p: t: k: b: d: g: f: T: D: s: z:
    S: Z: h: v: m: n: N: w: l: L: r: j: ## #
"""
CATALAN = "ax a a1 b d e e1 E E1 f g i i1 j J k l L m n o o1 O O1 p r rr s S t u u1 w z Z pau _ #"


@pytest.mark.parametrize(("engine", "symbols"), [("festival-fi", FINNISH), ("festival-ca", CATALAN)])
def test_a_voice_of_another_language_has_all_its_symbols_mapped(engine, symbols):
    assert set(symbols.split()) <= set(ALPHABETS[engine])


def test_a_long_consonant_is_one_closure():
    assert to_phones([(0.0, 0.2, "p:"), (0.2, 0.3, "y:")], "festival-fi") == [(0.0, 0.2, "P"), (0.2, 0.3, "UW")]


def test_every_phone_but_silence_has_an_articulation():
    assert set(ARTICULATIONS) == set(PHONES) - {SILENCE}
    assert set(VOWELS).isdisjoint(CONSONANTS)


def test_a_symbol_of_two_phones_shares_its_time():
    assert to_phones([(0.0, 0.2, "ɑːɹ")], "espeak") == [(0.0, pytest.approx(0.1), "AA"), (pytest.approx(0.1), 0.2, "R")]


def test_a_word_space_goes_half_to_each_neighbour_and_a_length_mark_to_the_vowel():
    timed = [(0.0, 0.1, "m"), (0.1, 0.2, "u"), (0.2, 0.25, "ː"), (0.25, 0.35, " "), (0.35, 0.5, "v")]
    assert to_phones(timed, "kokoro") == [
        (0.0, 0.1, "M"),
        (0.1, pytest.approx(0.3), "UW"),
        (pytest.approx(0.3), 0.5, "V"),
    ]


def test_neighbouring_silences_become_one():
    timed = [(0.0, 0.1, "m"), (0.1, 0.2, ","), (0.2, 0.4, "—"), (0.4, 0.5, "b")]
    assert [phone for _, _, phone in to_phones(timed, "kokoro")] == ["M", SILENCE, "B"]


def test_an_unknown_symbol_is_named():
    with pytest.raises(UnknownSymbol, match=r"flite gave the symbol '@'"):
        to_phones([(0.0, 0.1, "@")], "flite")


def test_phone_ids_are_those_that_sound_at_the_times():
    ids = phone_ids([(0.1, 0.2, "M"), (0.2, 0.3, "AA")], np.array([0.0, 0.1, 0.19, 0.2, 0.29, 0.3]))
    assert [PHONES[i] for i in ids] == [SILENCE, "M", "M", "AA", "AA", SILENCE]
    assert PHONE_INDEX[SILENCE] == 0
    assert phone_ids([(0.1, 0.2, UNKNOWN)], np.array([0.0, 0.1])).tolist() == [0, UNKNOWN_ID]
