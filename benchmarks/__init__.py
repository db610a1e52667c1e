"""Measurements: every figure of the README comes from here; none of them decides a test."""
