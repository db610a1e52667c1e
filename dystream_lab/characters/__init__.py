"""Portraits of characters made from words instead of a photo, and the builders of the head assets."""
