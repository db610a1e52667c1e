"""Stage 1 of the published model, trained here: the autoencoder that turns motion into pictures."""
