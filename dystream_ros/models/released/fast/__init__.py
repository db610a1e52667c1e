"""The published networks with their constants computed in advance; the results are the same."""
