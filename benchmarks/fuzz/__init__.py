"""Damaged files and senseless messages for every reader and handler: python -m benchmarks.fuzz NAME --minutes 60."""
