"""How good the pictures of an autoencoder are."""
