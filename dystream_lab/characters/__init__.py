"""Portraits of characters that nobody had to be photographed for, and the builders of the head assets."""
