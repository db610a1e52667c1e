"""Rows of the comparison, one per file: our models, bounds, baselines, peers, and motion files."""
