"""The contract of a fuzzed reader or handler."""

from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.fuzz.choices import Choices


class Broken(AssertionError):
    """An input was accepted and did harm: what it gave is not finite, out of range, or cannot be used."""


@dataclass(frozen=True)
class Target:
    """One reader of files or handler of messages.

    Attributes:
        name: for the command line.
        what: in a few words.
        prepare: imports and reads what all inputs share; returns the function that takes one input. It returns when
            the input was used or refused as it should be, and raises anything else.
        longest: bytes of the fuzzer that an input needs at most.
    """

    name: str
    what: str
    prepare: Callable[[], Callable[[Choices], None]]
    longest: int = 512
