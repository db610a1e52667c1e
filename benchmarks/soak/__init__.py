"""The whole chain of nodes for an hour beside random faults: python -m benchmarks.soak (or make soak)."""
