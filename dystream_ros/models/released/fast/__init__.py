"""The published networks with everything constant computed beforehand; the same numbers."""
