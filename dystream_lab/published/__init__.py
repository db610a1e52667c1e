"""Training of the published motion generator (stage 2): presets, motion, batches, the loss, and the model folder."""
