"""The phones of the corpus, ARPAbet with schwa and silence, and the map of each engine's alphabet to them."""

from collections.abc import Iterable

import numpy as np

SILENCE = "SIL"
VOWELS = ("AA", "AE", "AH", "AO", "AW", "AX", "AY", "EH", "ER", "EY", "IH", "IY", "OW", "OY", "UH", "UW")
CONSONANTS = (
    "B", "CH", "D", "DH", "F", "G", "HH", "JH", "K", "L", "M", "N", "NG", "P", "R", "S", "SH", "T", "TH", "V", "W",
    "Y", "Z", "ZH",
)  # fmt: skip
PHONES: tuple[str, ...] = (SILENCE, *VOWELS, *CONSONANTS)
PHONE_INDEX: dict[str, int] = {phone: index for index, phone in enumerate(PHONES)}

UNKNOWN = "?"  # speech without phone labels
UNKNOWN_ID = -1

Interval = tuple[float, float, str]  # start and end in s, and the phone

# flite and festival: the "radio" phone set, ARPAbet in small letters with three names of its own.
_RADIO = {
    **{phone.lower(): (phone,) for phone in PHONES if phone != SILENCE},
    "axr": ("ER",), "dx": ("D",), "el": ("AX", "L"), "em": ("AX", "M"), "en": ("AX", "N"), "ix": ("IH",),
    "nx": ("N",), "hv": ("HH",), "ux": ("UW",), "pau": (SILENCE,), "brth": (SILENCE,), "h#": (SILENCE,),
    "ssil": (SILENCE,),
}  # fmt: skip

_IPA_CONSONANTS = {
    "b": "B", "d": "D", "ð": "DH", "f": "F", "ɡ": "G", "h": "HH", "k": "K", "l": "L", "m": "M", "n": "N", "ŋ": "NG",
    "p": "P", "ɹ": "R", "r": "R", "s": "S", "ʃ": "SH", "t": "T", "ɾ": "D", "ʔ": "T", "θ": "TH", "v": "V", "w": "W",
    "ʍ": "W", "j": "Y", "z": "Z", "ʒ": "ZH", "x": "K",
}  # fmt: skip
_IPA_VOWELS = {
    "ɑ": "AA", "a": "AE", "æ": "AE", "ʌ": "AH", "ɒ": "AA", "ɔ": "AO", "o": "AO", "ə": "AX", "ɐ": "AX", "ᵊ": "AX",
    "ɛ": "EH", "e": "EH", "ɜ": "ER", "ɚ": "ER", "ɪ": "IH", "i": "IY", "ᵻ": "IH", "ʊ": "UH", "u": "UW", "ʉ": "UW",
}  # fmt: skip

# Kokoro and hibari: one letter per phone; capitals are diphthongs and affricates; length marks are symbols.
_KOKORO = {
    **{symbol: (phone,) for symbol, phone in (_IPA_CONSONANTS | _IPA_VOWELS).items()},
    "A": ("EY",), "I": ("AY",), "O": ("OW",), "Q": ("OW",), "W": ("AW",), "Y": ("OY",), "T": ("D",),
    "ʤ": ("JH",), "ʧ": ("CH",), "ː": (), " ": (),
    **dict.fromkeys(";:,.!?—…\"()“”", (SILENCE,)),
}  # fmt: skip

# espeak-ng: IPA with several letters per phone; r-coloured vowels are a vowel and R.
_ESPEAK = {
    **{symbol: (phone,) for symbol, phone in (_IPA_CONSONANTS | _IPA_VOWELS).items()},
    "dʒ": ("JH",), "tʃ": ("CH",), "": (SILENCE,), "ʲ": (), "n̩": ("AX", "N"), "əl": ("AX", "L"), "aɪ": ("AY",),
    "aʊ": ("AW",), "ʌʉ": ("AW",), "eɪ": ("EY",), "eː": ("EY",), "oʊ": ("OW",), "əʊ": ("OW",), "oː": ("OW",),
    "ɔɪ": ("OY",), "ɑː": ("AA",), "aː": ("AA",), "a:": ("AA",), "ɔː": ("AO",), "iː": ("IY",), "uː": ("UW",),
    "ʉː": ("UW",), "ɜː": ("ER",), "iə": ("IY", "AX"), "eə": ("EH", "AX"), "ʊə": ("UH", "AX"), "aɪə": ("AY", "AX"),
    "aɪɚ": ("AY", "ER"), "ɑːɹ": ("AA", "R"), "ɔːɹ": ("AO", "R"), "oːɹ": ("AO", "R"), "ɛɹ": ("EH", "R"),
    "ɪɹ": ("IH", "R"), "ʊɹ": ("UH", "R"), "ʉɹ": ("UW", "R"), "ʌɹ": ("AH", "R"), "əɹ": ("ER",),
    # of French words, as in croissant
    "ɑ̃": ("AA",), "ɔ̃": ("AO",), "ɛ̃": ("AE",), "œ̃": ("ER",),
}  # fmt: skip

# Piper: symbols of espeak-ng, with spaces and punctuation.
_PIPER = {**_ESPEAK, " ": (), **dict.fromkeys(";:,.!?", (SILENCE,))}

# festvox-ru: Russian; doubled consonants are palatalised, doubled vowels stressed; the trill R has the lips of L.
_RUSSIAN = {
    "pau": (SILENCE,), "aa": ("AA",), "a": ("AH",), "ae": ("AX",), "ay": ("AX",), "ee": ("EH",), "e": ("IH",),
    "ii": ("IY",), "i": ("IH",), "yy": ("IH",), "y": ("IH",), "oo": ("AO",), "uu": ("UW",), "u": ("UH",), "ur": ("UH",),
    "c": ("T", "S"), "ch": ("CH",), "sh": ("SH",), "sch": ("SH",), "zh": ("ZH",), "h": ("HH",), "hh": ("HH",),
    "j": ("Y",), "r": ("L",), "rr": ("L",),
    **{letter * times: (letter.upper(),) for letter in "bdfgklmnpstvz" for times in (1, 2)},
}  # fmt: skip

# Finnish voices of festival: a colon is length, a long consonant is one closure; @ is ä, 7 is ö, T is th.
_FINNISH = {
    **{
        letter + length: (phone,)
        for length in ("", ":")
        for letter, phone in {
            "a": "AA", "e": "EH", "i": "IY", "o": "AO", "u": "UW", "y": "UW", "@": "AE", "7": "UH", "p": "P", "t": "T",
            "k": "K", "b": "B", "d": "D", "g": "G", "f": "F", "T": "TH", "D": "DH", "s": "S", "z": "Z", "S": "SH",
            "Z": "ZH", "h": "HH", "v": "V", "m": "M", "n": "N", "N": "NG", "l": "L", "L": "L", "r": "L", "j": "Y",
            "w": "W",
        }.items()
    },
    "&": ("AX",), "#": (SILENCE,), "##": (SILENCE,),
}  # fmt: skip

# Catalan voices of festival: 1 is stress, J and L are palatal n and l, an affricate is a stop and a fricative.
_CATALAN = {
    **{
        vowel + stress: (phone,)
        for stress in ("", "1")
        for vowel, phone in {"a": "AA", "e": "EH", "E": "EH", "i": "IY", "o": "AO", "O": "AO", "u": "UW"}.items()
    },
    "ax": ("AX",), "j": ("Y",), "w": ("W",), "r": ("L",), "rr": ("L",), "L": ("L",), "J": ("N",), "S": ("SH",),
    "Z": ("ZH",), "pau": (SILENCE,), "_": (SILENCE,), "#": (SILENCE,),
    **{letter: (letter.upper(),) for letter in "bdfgklmnpstz"},
}  # fmt: skip

ALPHABETS: dict[str, dict[str, tuple[str, ...]]] = {
    "flite": _RADIO,
    "festival": _RADIO,
    "festival-fi": _FINNISH,
    "festival-ca": _CATALAN,
    "kokoro": _KOKORO,
    "hibari": _KOKORO,
    "espeak": _ESPEAK,
    "piper": _PIPER,
    "festvox-ru": _RUSSIAN,
}


class UnknownSymbol(ValueError):
    """An engine used a symbol that is missing in its alphabet here."""


def to_phones(symbols: Iterable[Interval], engine: str) -> list[Interval]:
    """Contiguous phones of `PHONES` from timed symbols of `engine`.

    Phones of one symbol share its time evenly. Symbols without a phone give their time to the neighbours: length marks
    to the phone before, word spaces half to each side. Raises UnknownSymbol.
    """
    alphabet = ALPHABETS[engine]
    phones: list[Interval] = []
    for start, end, symbol in symbols:
        if symbol not in alphabet:
            raise UnknownSymbol(f"{engine} gave the symbol {symbol!r}; add it to ALPHABETS[{engine!r}] in {__name__}")
        targets = alphabet[symbol]
        if end <= start:
            continue
        if not targets:
            share = (start + end) / 2 if symbol == " " else end
            if phones and phones[-1][2] != SILENCE:
                phones[-1] = (phones[-1][0], share, phones[-1][2])
            continue
        if phones and phones[-1][1] < start:  # the other half of a space
            start = phones[-1][1]
        edges = np.linspace(start, end, len(targets) + 1)
        phones.extend((float(a), float(b), phone) for a, b, phone in zip(edges[:-1], edges[1:], targets, strict=True))
    return _merge_silence(phones)


def _merge_silence(phones: list[Interval]) -> list[Interval]:
    merged: list[Interval] = []
    for start, end, phone in phones:
        if merged and phone == SILENCE and merged[-1][2] == SILENCE:
            merged[-1] = (merged[-1][0], end, SILENCE)
        else:
            merged.append((start, end, phone))
    return merged


def phone_ids(phones: Iterable[Interval], times: np.ndarray) -> np.ndarray:
    """Index in `PHONES` of the phone or silence at each of `times` (n,) in s, or UNKNOWN_ID: int64 (n,)."""
    ids = np.zeros(len(times), np.int64)
    for start, end, phone in phones:
        first, last = np.searchsorted(times, [start, end])
        ids[first:last] = UNKNOWN_ID if phone == UNKNOWN else PHONE_INDEX[phone]
    return ids
