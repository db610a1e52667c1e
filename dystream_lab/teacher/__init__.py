"""Rules that turn phones and turns into the face motion that the model is trained on."""
