"""Samples of one source by their running index, in whatever order they arrive."""

from bisect import bisect_left, bisect_right

import numpy as np
from numpy.typing import NDArray


class SampleStore:
    """Float32 samples by index; each is written once, holes read as zero.

    The cost of a write or a read depends on its length only, not on the number of stored samples and holes.

    Attributes:
        runs: sorted, disjoint [first, end) index ranges that are present.
        end: index after the last sample that arrived, kept or not; at first the index of the first sample.
    """

    def __init__(self, first: int) -> None:
        self._base = first
        self._floor = first
        self._data: NDArray[np.float32] = np.zeros(4096, np.float32)
        self.runs: list[tuple[int, int]] = []
        self.end = first

    def write(self, first: int, samples: NDArray[np.float32]) -> list[tuple[int, int]]:
        """Store the samples whose index is free and not below the floor that `close_before` sets.

        Args:
            first: index of the first sample.
            samples: float32 (n,).

        Returns:
            The [first, end) ranges that were stored, sorted.
        """
        kept = []
        at, end = max(first, self._floor), first + len(samples)
        for place in range(self.run_after(at), len(self.runs)):
            a, b = self.runs[place]
            if a >= end:
                break
            if at < a:
                kept.append((at, a))
            at = max(at, b)
        if at < end:
            kept.append((at, end))
        for a, b in kept:
            self._reserve(b)
            self._data[a - self._base : b - self._base] = samples[a - first : b - first]
            self._join(a, b)
        self.end = max(self.end, end)
        return kept

    def run_after(self, index: int) -> int:
        """Position in `runs` of the first run that ends after an index."""
        place = bisect_right(self.runs, (index,))
        return place - 1 if place and self.runs[place - 1][1] > index else place

    def present(self, first: int, end: int) -> int:
        """Number of samples of a range that are present, including those that were forgotten after they were read."""
        count = 0
        for place in range(self.run_after(first), len(self.runs)):
            a, b = self.runs[place]
            if a >= end:
                break
            count += min(b, end) - max(a, first)
        return count

    def first_hole(self, index: int, after: int) -> int:
        """Start of the first hole at or after `index` whose next run starts after `after`; `end` without one."""
        place = max(1, bisect_right(self.runs, after, key=lambda run: run[0]))
        place = max(place, bisect_left(self.runs, index, key=lambda run: run[1]) + 1)
        return self.runs[place - 1][1] if place < len(self.runs) else self.end

    def read(self, first: int, end: int) -> NDArray[np.float32]:
        """Float32 (end - first,): the samples of a range, zero where samples are absent."""
        samples = np.zeros(end - first, np.float32)
        a, b = max(first, self._base), min(end, self._base + len(self._data))
        if a < b:
            samples[a - first : b - first] = self._data[a - self._base : b - self._base]
        return samples

    def close_before(self, index: int, keep: int) -> None:
        """Accept no more samples below `index`, and forget those more than `keep` samples below it."""
        self._floor = max(self._floor, index)
        forget = self._floor - keep - self._base
        if forget > len(self._data) // 2:
            self._data = np.concatenate([self._data[forget:], np.zeros(min(forget, len(self._data)), np.float32)])
            self._base += forget
        if self.runs and self.runs[0][1] <= self._base:
            del self.runs[: self.run_after(self._base)]

    def cut_from(self, index: int) -> int:
        """Drop all samples from `index` on; returns their number."""
        dropped = sum(max(0, b - max(a, index)) for a, b in self.runs)
        self.runs = [(a, min(b, index)) for a, b in self.runs if a < index]
        self._data[max(0, index - self._base) :] = 0
        self.end = min(self.end, index)
        return dropped

    def _reserve(self, end: int) -> None:
        size = len(self._data)
        if end - self._base > size:
            grown = np.zeros(max(end - self._base, 2 * size), np.float32)
            grown[:size] = self._data
            self._data = grown

    def _join(self, a: int, b: int) -> None:
        place = bisect_left(self.runs, (a, b))
        if place < len(self.runs) and self.runs[place][0] == b:
            b = self.runs.pop(place)[1]
        if place and self.runs[place - 1][1] == a:
            place -= 1
            a = self.runs.pop(place)[0]
        self.runs.insert(place, (a, b))
