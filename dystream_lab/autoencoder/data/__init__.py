"""Clips of faces to train the autoencoder on: rendered ones, and those of a lab's own videos."""
