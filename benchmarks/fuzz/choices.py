"""Choices that bytes make: a fuzzer that changes the bytes changes the input in a meaningful way."""

import math
import struct
from collections.abc import Sequence
from typing import TypeVar

Choice = TypeVar("Choice")

_INTEGERS = (0, 1, -1, 2, 7, 8, 127, 128, 255, 256, 32767, 65535, 2**31 - 1, 2**31, 2**32 - 1, 2**63 - 1)
_FLOATS = (0.0, -0.0, 1.0, -1.0, 0.5, 1e-30, 1e30, -1e30, 3.4e38, math.nan, math.inf, -math.inf, 1e308)
_TEXTS = (
    "",
    "face",
    "nod",
    "happy",
    "~",
    "~nosuchuser/x",
    "\x00",
    "x" * 5000,
    "../..",
    "/dev/null",
    "ß\u202e",
    "0",
    "true",
)


class Choices:
    """Reads numbers from bytes, one after the other; zeros when the bytes are used up.

    Args:
        data: of the fuzzer.
    """

    def __init__(self, data: bytes) -> None:
        self._data, self._place = data, 0

    @property
    def left(self) -> int:
        """Bytes that were not used yet."""
        return max(0, len(self._data) - self._place)

    def raw(self, count: int) -> bytes:
        """The next bytes; fewer where they end."""
        taken = self._data[self._place : self._place + count]
        self._place += count
        return taken

    def below(self, limit: int) -> int:
        """An integer from 0 to `limit` - 1."""
        size = max(1, (limit.bit_length() + 7) // 8)
        return int.from_bytes(self.raw(size).ljust(size, b"\0"), "little") % limit

    def one_of(self, choices: Sequence[Choice]) -> Choice:
        """One of these."""
        return choices[self.below(len(choices))]

    def chance(self, of: int) -> bool:
        """True in one of `of` cases."""
        return self.below(of) == of - 1

    def integer(self, low: int, high: int) -> int:
        """An integer in a range, often at an edge."""
        if self.chance(2):
            value = self.one_of(_INTEGERS)
            return min(high, max(low, value))
        return low + self.below(high - low + 1)

    def real(self) -> float:
        """A number of double precision: a special one, a small one, or any bits."""
        which = self.below(3)
        if which == 0:
            return self.one_of(_FLOATS)
        if which == 1:
            return (self.below(20001) - 10000) / 1000
        return struct.unpack("<d", self.raw(8).ljust(8, b"\0"))[0]

    def single(self) -> float:
        """A number of single precision."""
        value = self.real()
        try:
            return struct.unpack("<f", struct.pack("<f", value))[0]
        except OverflowError:
            return math.copysign(math.inf, value)

    def text(self) -> str:
        """A text, often of a kind that programs stumble over."""
        if self.chance(2):
            return self.raw(self.below(24)).decode("utf-8", "replace").replace("\ud800", "")
        return self.one_of(_TEXTS)

    def value(self, depth: int = 0) -> object:
        """A value as JSON or YAML may hold it."""
        kind = self.below(8 if depth < 3 else 6)
        if kind == 0:
            return None
        if kind == 1:
            return self.chance(2)
        if kind == 2:
            return self.integer(-(2**63), 2**63 - 1)
        if kind == 3:
            return self.real()
        if kind in (4, 5):
            return self.text()
        if kind == 6:
            return [self.value(depth + 1) for _ in range(self.below(4))]
        return {self.text(): self.value(depth + 1) for _ in range(self.below(4))}

    def changed_bytes(self, seed: bytes) -> bytes:
        """A file with a few bytes changed, removed or added, or cut off."""
        data = bytearray(seed)
        for _ in range(1 + self.below(6)):
            at = self.below(len(data)) if data else 0
            kind = self.below(6)
            if kind == 0 and data:
                data[at] ^= 1 << self.below(8)
            elif kind == 1 and data:
                data[at] = self.below(256)
            elif kind == 2:
                del data[at : at + 1 + self.below(64)]
            elif kind == 3:
                data[at:at] = self.raw(self.below(16))
            elif kind == 4:
                # A length or a count at a place where formats keep them: near the begin, of 1 to 8 bytes.
                size, near = self.one_of((1, 2, 4, 8)), min(len(data), at % 256)
                number = self.one_of(_INTEGERS) % (1 << 8 * size)
                data[near : near + size] = number.to_bytes(size, self.one_of(("little", "big")))
            elif self.chance(3):
                del data[at:]
        return bytes(data)

    def changed_tree(self, tree: object, depth: int = 0) -> object:
        """A tree of lists and dictionaries with one of its values replaced, removed or repeated."""
        if isinstance(tree, dict) and tree and (depth == 0 or not self.chance(4)):
            key = self.one_of(list(tree))
            changed = dict(tree)
            kind = self.below(8)
            if kind == 0:
                del changed[key]
            elif kind == 1:
                changed[self.text()] = changed.pop(key)
            else:
                changed[key] = self.changed_tree(tree[key], depth + 1)
            return changed
        if isinstance(tree, list) and tree and not self.chance(4):
            place = self.below(len(tree))
            kind = self.below(8)
            if kind == 0:
                return tree[:place] + tree[place + 1 :]
            if kind == 1:
                return [*tree, tree[place]]
            return [*tree[:place], self.changed_tree(tree[place], depth + 1), *tree[place + 1 :]]
        return self.value(depth)
