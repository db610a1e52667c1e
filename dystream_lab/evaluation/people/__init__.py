"""Blind comparisons for human judges."""
