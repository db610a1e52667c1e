"""What can go wrong with a model."""


class ModelError(ValueError):
    """A model cannot be used; the text says what was given, what is accepted and what to do."""
