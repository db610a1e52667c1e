"""The texts that the voices of the corpus speak."""
