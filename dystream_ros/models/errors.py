"""Errors of models."""


class ModelError(ValueError):
    """A model cannot be used; the message names what was given, what is accepted and what to do."""
