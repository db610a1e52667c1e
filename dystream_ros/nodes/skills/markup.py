"""Text with marks for the face, as the input of the skill `say` has it: `<set expression(happy)>hello</expression>`.

The marks are those of PAL's multi-modal expression markup, as its users write them. Imports no ROS.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from dystream_ros.face.expressions import EXPRESSIONS

_MARK = re.compile(r"<([^<>]*)>")
_EXPRESSION = re.compile(r"^\s*(?:set\s+)?(?:expression|emotion)\s*\(\s*([a-z_]+)\s*\)\s*$", re.IGNORECASE)
_END = re.compile(r"^\s*(?:/|unset\s+|end\s+)\s*(?:set\s+)?(?:expression|emotion)\b.*$", re.IGNORECASE)
# Nouns that people write in place of the adjectives of hri_msgs.
_NOUNS = {
    "happiness": "happy",
    "joy": "happy",
    "sadness": "sad",
    "anger": "angry",
    "surprise": "surprised",
    "disgust": "disgusted",
    "fear": "scared",
}


@dataclass(frozen=True)
class Said:
    """A part of an utterance.

    Attributes:
        expression: to show from its beginning on; None leaves the face as it is.
        text: to say; "" where the expression ends the utterance.
    """

    expression: str | None
    text: str


def parts_of(marked: str) -> list[Said]:
    """The parts of a text with marks, in order; a mark of something else than the face is left out.

    Raises:
        ValueError: a mark names an expression that there is not.
    """
    parts: list[Said] = []
    expression: str | None = None
    for mark, text in _pieces(marked):
        if mark is not None:
            expression = _expression_of(mark, expression)
        elif text := " ".join(text.split()):
            parts.append(Said(expression, text))
            expression = None
    if expression is not None:
        parts.append(Said(expression, ""))
    return parts


def _pieces(marked: str) -> Iterator[tuple[str | None, str]]:
    """The marks (mark, "") and texts (None, text) in order."""
    place = 0
    for found in _MARK.finditer(marked):
        yield None, marked[place : found.start()]
        yield found[1], ""
        place = found.end()
    yield None, marked[place:]


def _expression_of(mark: str, before: str | None) -> str | None:
    if _END.match(mark):
        return "neutral"
    found = _EXPRESSION.match(mark)
    if found is None:
        return before
    name = found[1].lower()
    name = _NOUNS.get(name, name)
    if name not in EXPRESSIONS:
        raise ValueError(f"there is no expression {name!r} in <{mark}>; accepted are {', '.join(EXPRESSIONS)}")
    return name
