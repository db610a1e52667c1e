"""Training of the compact model: settings, batches, the loss, the optimiser, checkpoints and the loop."""
