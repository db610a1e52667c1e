"""Generated texts with a wide vocabulary.

A model trained on a few hundred sentences memorises them: a training voice scores 0.97 on those and 0.87 on others
(docs/decisions.md). Words are those of the package wonderwords (MIT) and coined ones. A tenth of the words is held out
for validation voices, so that validation has neither a voice nor a word of the training.
"""

import functools
import hashlib
from collections.abc import Callable
from importlib import resources

import numpy as np
import wonderwords

HELD_OUT_TEXTS = {"statement": 1500, "question": 500, "answer": 500}
TRAINED_TEXTS = {"statement": 16000, "question": 4000, "answer": 4000}
_HELD_OUT = 26  # words of 256 that are held out
_HELD_OUT_SEED = 2_512_24408  # the same for all corpora: a text that validates one corpus must not train another
# Openings that only answers have: the cache stores the text without its role.
ANSWER_OPENINGS = ("Yes, ", "No, ", "Well, ", "Oh, ", "Possibly ", "Perhaps ", "Probably ", "Certainly ")

# A slot names a kind of word; a(n) becomes the fitting article.
_FRAMES = {
    "statement": """
The {adjective} {noun} {modal} {verb} a(n) {noun}.
{Nouns} {modal} {verb} {beside} {noun} and {noun}.
{Pronoun} {modal} {verb} the {adjective} {nouns}, but {pronoun} {modal} {verb} your {noun}.
A(n) {adjective} {noun}, a(n) {noun} and some {nouns}.
{Beside} the {noun}, {pronoun} {modal} {verb} {adjective} {nouns}.
{Pronoun} {modal} {often} {verb} my {noun} {beside} your {adjective} {noun}.
{Coined} and {coined} {often} {verb} their {nouns}.
If {nouns} {verb}, {pronoun} {modal} {verb} a(n) {adjective} {noun}.
{Pronoun} said that every {noun} {modal} {verb} {beside} the {nouns}.
It was a(n) {adjective}, {adjective} {noun} {beside} {coined}.
{Nouns}, {nouns}, {nouns}, and one more {noun}.
That {noun} of yours looks {adjective}, {adjective} and quite {adjective}.
To {verb} or to {verb} {nouns} is {adjective}.
His {noun} {verb}s, her {noun} {verb}s, and {pronoun} {modal} {verb} it all.
There {modal} be {nouns} {beside} our {noun}.
{Pronoun} {modal} {verb}, {verb} and {verb} until the {noun} is {adjective}.
My {adjective} {coined} {modal} {verb} {coined} {often}.
{Often}, {adjective} {nouns} {verb} {beside} {noun} or {coined}.
Nothing {modal} {verb} a(n) {noun} as {adjective} as this {noun}.
{Pronoun} {modal} {verb} {coined}, the {noun} from {coined}.
""",
    "question": """
{Modal} {pronoun} {verb} the {adjective} {noun}?
Why {modal} {nouns} {verb} {beside} a(n) {noun}?
Is that {noun} {adjective}, or {modal} {pronoun} {verb} it?
Who {modal} {verb} my {adjective} {nouns}?
Which {noun} {modal} {pronoun} {verb} {beside} the {noun}?
How {adjective} {modal} a(n) {noun} be?
{Modal} {coined} {often} {verb} {nouns}?
Was it a(n) {noun}, a(n) {adjective} {noun}, or {coined}?
Where {modal} {coined} {verb} her {noun} and his {nouns}?
""",
    "answer": """
Yes, a(n) {adjective} {noun}.
No, {pronoun} {modal} {verb} {nouns}.
Well, the {noun} is {adjective}.
Oh, {nouns} and {nouns}!
Possibly a(n) {noun} {modal} {verb} it.
Perhaps {beside} the {adjective} {noun}.
Probably {coined}, or some other {noun}.
Certainly {pronoun} {modal} {verb} {coined}.
""",
}
_CLOSED = {
    "pronoun": ("I", "you", "we", "they", "both of us", "most of them", "people", "few of you"),
    "modal": ("will", "could", "should", "might", "must", "would", "can", "won't", "can't", "never", "may"),
    "beside": (
        "above", "before", "behind", "below", "beneath", "between", "beyond", "by", "from", "for", "over", "through",
        "with", "without", "off", "of", "after", "against", "around", "inside", "like", "towards", "under", "among",
    ),
    "often": ("often", "always", "usually", "maybe", "hardly", "rarely", "once more", "by now", "very soon"),
}  # fmt: skip

_ONSETS = "p b m f v w t d k g s sh ch th j l r y n h pl bl fl fr pr br tr dr cr gr gl cl sl sm sp st sw tw qu".split()
_NUCLEI = "a e i o u ee oo ai ow oy ar er or oa ie ea".split()
_CODAS = "p b m f v t d k g s sh ch th n ng l mp nt st ft mb lf lm ps ns".split()
_CLOSED_SYLLABLES = 0.6


@functools.cache
def wide_texts(seed: int) -> dict[str, tuple[str, ...]]:
    """Distinct texts by role, in the numbers of `TRAINED_TEXTS`; validation voices do not speak them."""
    return _texts(np.random.default_rng(seed), TRAINED_TEXTS, held_out=False)


@functools.cache
def held_out_texts() -> dict[str, tuple[str, ...]]:
    """Distinct texts by role, in the numbers of `HELD_OUT_TEXTS`, whose words are in no training text."""
    return _texts(np.random.default_rng(_HELD_OUT_SEED), HELD_OUT_TEXTS, held_out=True)


def validates(text: str) -> bool:
    """Whether a text is one of `held_out_texts`."""
    return text in _all_held_out()


@functools.cache
def _all_held_out() -> frozenset[str]:
    return frozenset(text for texts in held_out_texts().values() for text in texts)


def _texts(rng: np.random.Generator, counts: dict[str, int], held_out: bool) -> dict[str, tuple[str, ...]]:
    draws = _draws(rng, held_out)
    made: dict[str, tuple[str, ...]] = {}
    for role, count in counts.items():
        frames, texts = _FRAMES[role].strip().splitlines(), dict[str, None]()
        while len(texts) < count:
            texts[_filled(frames[rng.integers(len(frames))], draws)] = None
        made[role] = tuple(texts)
    return made


def _filled(frame: str, draws: dict[str, Callable[[], str]]) -> str:
    """The frame with a random word in each slot."""
    text = ""
    for piece in frame.replace("}", "{").split("{"):
        draw = draws.get(piece.lower())
        word = draw() if draw else piece
        text += word[0].upper() + word[1:] if draw and piece[0].isupper() else word
    return _with_articles(text)


def _draws(rng: np.random.Generator, held_out: bool) -> dict[str, Callable[[], str]]:
    """Functions that draw a word of each kind."""

    def one_of(words: tuple[str, ...]) -> Callable[[], str]:
        return lambda: words[rng.integers(len(words))]

    def coined() -> str:
        while _is_held_out(word := _coined(rng)) != held_out:
            pass
        return word

    nouns, verbs, adjectives = (_vocabulary(kind, held_out) for kind in ("noun", "verb", "adjective"))
    open_kinds = {"noun": one_of(nouns), "verb": one_of(verbs), "adjective": one_of(adjectives), "coined": coined}
    return (
        open_kinds
        | {"nouns": lambda: _plural(open_kinds["noun"]())}
        | {kind: one_of(words) for kind, words in _CLOSED.items()}
    )


@functools.cache
def _vocabulary(kind: str, held_out: bool) -> tuple[str, ...]:
    """Single lower-case words of "noun", "verb" or "adjective"; profanity is left out."""
    folder = resources.files(wonderwords).joinpath("assets")
    words = folder.joinpath(f"{kind}list.txt").read_text(encoding="utf-8").split()
    rude = set(folder.joinpath("profanitylist.txt").read_text(encoding="utf-8").split("\n"))
    fitting = (word for word in words if word.isascii() and word.isalpha() and word.islower() and word not in rude)
    return tuple(word for word in fitting if _is_held_out(word) == held_out)


def _is_held_out(word: str) -> bool:
    """Whether a word is held out for validation."""
    return hashlib.sha256(word.encode()).digest()[0] < _HELD_OUT


def _coined(rng: np.random.Generator) -> str:
    """A coined word of one to three syllables."""
    word = ""
    for _ in range(rng.integers(1, 4)):
        word += _ONSETS[rng.integers(len(_ONSETS))] + _NUCLEI[rng.integers(len(_NUCLEI))]
        if rng.random() < _CLOSED_SYLLABLES:
            word += _CODAS[rng.integers(len(_CODAS))]
    return word.capitalize()


def _plural(noun: str) -> str:
    if noun.endswith(("s", "x", "z", "ch", "sh")):
        return noun + "es"
    return noun[:-1] + "ies" if noun.endswith("y") and noun[-2:-1] not in "aeiou" else noun + "s"


def _with_articles(text: str) -> str:
    """The text with each "a(n)" replaced by the fitting article."""
    head, *rest = text.replace("A(n) ", "\0A ").replace("a(n) ", "\0a ").split("\0")
    return head + "".join(part[0] + "n" * (part[2].lower() in "aeiou") + part[1:] for part in rest)
