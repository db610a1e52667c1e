"""A text as the sentences that a voice says, or the reason why it cannot be said."""

import re
import unicodedata
from dataclasses import dataclass

MOST_CHARACTERS = 10_000
# A longer sentence is divided, so that the first sound of a text never waits for more than this.
LONGEST_SENTENCE = 240
_SHOWN = 60  # characters of a refused text in a message
_MARKUP = re.compile(r"[*_`#~|<>\\{}\[\]]+")
_LIST_ITEM = re.compile(r"^\s*[-+•]\s+")
_SENTENCE_END = re.compile(r"(?<=[.!?…])[\"”’)\]]*\s+(?=\S)")
_BEFORE_POINT = re.compile(r" +(?=[.,;:!?])")
_ORNAMENTS = "\u2190"
_TITLES = frozenset("Mr Mrs Ms Dr Prof St Jr Sr vs approx No Fig e.g i.e".split())
_CLAUSE_END = re.compile(r"(?<=[,;:—–])\s+")


class TextRefused(ValueError):
    """A text that is not said; the message says why and what is accepted."""


@dataclass(frozen=True)
class Spoken:
    """A text that can be said.

    Attributes:
        sentences: at least one; each at most `LONGEST_SENTENCE` characters, without control characters and markup.
        left_out: what of the text is not said, as a message of one line; "" for nothing.
    """

    sentences: tuple[str, ...]
    left_out: str = ""


def spoken(text: str, language: str = "", script: str = "") -> Spoken:
    """The sentences of a text.

    Args:
        text: any text, also with Markdown and emoji, as language models write it.
        language, script: of the voice, e.g. "English" and "LATIN"; letters of other scripts are left out. Both empty:
            the voice is given every letter.

    Raises:
        TextRefused: empty, too long, or mostly letters that the voice does not know.
    """
    if len(text) > MOST_CHARACTERS:
        raise TextRefused(
            f"the text has {len(text)} characters; accepted are up to {MOST_CHARACTERS}: send it in parts"
        )
    plain = "".join(each if each == "\n" or _said(each) else " " for each in text)
    known, foreign = _without_other_scripts(plain, script)
    kept = sum(each.isalnum() for each in known)
    if not kept and not foreign:
        raise TextRefused("the text has no letter and no digit: there is nothing to say")
    if len(foreign) > kept:
        raise TextRefused(
            f"the voice speaks {language}, and {len(foreign)} of {len(foreign) + kept} letters are of another script "
            f"({foreign[0]!r} is a {_script(foreign[0])} letter): choose another voice, or a program"
        )
    sentences = [part for line in known.splitlines() for each in _sentences(line) for part in _parts(each)]
    left_out = (
        f"letters of other scripts are left out ({foreign[:10]!r}): the voice speaks {language}" if foreign else ""
    )
    return Spoken(tuple(sentences), left_out)


def beginning(text: str) -> str:
    """The first characters of a text, on one line, for messages."""
    shown = "".join(each if each.isprintable() else " " for each in text[:_SHOWN])
    return shown + ("..." if len(text) > _SHOWN else "")


def _said(character: str) -> bool:
    """Whether it can be said: no control character, arrow, ornament or emoji, but ° and ©."""
    category = unicodedata.category(character)
    return category[0] not in "CZ" and not (category in ("So", "Sk", "Mn") and character >= _ORNAMENTS)


def _script(letter: str) -> str:
    return unicodedata.name(letter, "?").partition(" ")[0].capitalize()


def _without_other_scripts(text: str, script: str) -> tuple[str, str]:
    """The text without the letters of other scripts, and these letters."""
    if not script:
        return text, ""
    known = (script, "MICRO", "OHM")
    foreign = [each for each in text if each.isalpha() and not unicodedata.name(each, "?").startswith(known)]
    left_out = set(foreign)
    return "".join(" " if each in left_out else each for each in text), "".join(foreign)


def _sentences(line: str) -> list[str]:
    """The sentences of a line; a point after a title or an initial, or before a lower-case letter, ends none."""
    line = _BEFORE_POINT.sub("", " ".join(_LIST_ITEM.sub("", _MARKUP.sub(" ", line)).split()))
    found, begin = [], 0
    for end in _SENTENCE_END.finditer(line):
        word = line[: end.start()].rsplit(" ", 1)[-1].rstrip(".").lstrip("(\"“'‘")
        abbreviated = line[end.start() - 1] == "." and (word in _TITLES or (len(word) == 1 and word.isupper()))
        if not abbreviated and not line[end.end()].islower():
            found.append(line[begin : end.start()])
            begin = end.end()
    found.append(line[begin:])
    return [each for each in found if any(letter.isalnum() for letter in each)]


def _parts(sentence: str) -> list[str]:
    """The sentence in parts of at most `LONGEST_SENTENCE` characters: at commas, else between words, else anywhere."""
    parts = [""]
    for clause in _CLAUSE_END.split(sentence):
        words = [clause] if len(clause) <= LONGEST_SENTENCE else clause.split(" ")
        for word in words:
            pieces = [word[at : at + LONGEST_SENTENCE] for at in range(0, len(word), LONGEST_SENTENCE)]
            for piece in pieces:
                joined = f"{parts[-1]} {piece}" if parts[-1] else piece
                if len(joined) <= LONGEST_SENTENCE:
                    parts[-1] = joined
                else:
                    parts.append(piece)
    return parts
