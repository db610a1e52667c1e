"""The `say` node: text to speech for the self party, sentence by sentence."""
