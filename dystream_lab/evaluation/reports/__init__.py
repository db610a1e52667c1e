"""The tables, curves and pages that come out of the measures."""
