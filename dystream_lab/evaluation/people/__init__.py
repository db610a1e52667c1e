"""Blind comparisons that people judge."""
