"""Samples of one source by their running index, in whatever order they came."""

from bisect import bisect_left

import numpy as np


class SampleStore:
    """Float32 samples by index; each is written once, holes read as zero.

    Attributes:
        runs: sorted, disjoint [first, end) index ranges that are present.
        end: index after the last sample that came, kept or not, or of the first that may come.
    """

    def __init__(self, first: int) -> None:
        self._base = first
        self._floor = first
        self._data = np.zeros(4096, np.float32)
        self.runs: list[tuple[int, int]] = []
        self.end = first

    def write(self, first: int, samples: np.ndarray) -> list[tuple[int, int]]:
        """Keep the samples whose place is free and not below the floor; returns the ranges that were kept."""
        kept = []
        at, end = max(first, self._floor), first + len(samples)
        for a, b in self.runs:
            if b <= at:
                continue
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

    def present(self, first: int, end: int) -> int:
        """How many samples of a range have come, heard or not."""
        return sum(max(0, min(b, end) - max(a, first)) for a, b in self.runs)

    def read(self, first: int, end: int) -> np.ndarray:
        """Float32 (end - first,): the samples of a range, zero where there are none."""
        samples = np.zeros(end - first, np.float32)
        a, b = max(first, self._base), min(end, self._base + len(self._data))
        if a < b:
            samples[a - first : b - first] = self._data[a - self._base : b - self._base]
        return samples

    def close_before(self, index: int, keep: int) -> None:
        """Take nothing more below `index`, and forget what lies more than `keep` below it."""
        self._floor = max(self._floor, index)
        forget = self._floor - keep - self._base
        if forget > len(self._data) // 2:
            self._data = np.concatenate([self._data[forget:], np.zeros(min(forget, len(self._data)), np.float32)])
            self._base += forget
        self.runs = [run for run in self.runs if run[1] > self._base]

    def cut_from(self, index: int) -> int:
        """Drop all samples from `index` on; returns how many."""
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
