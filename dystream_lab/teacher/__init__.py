"""The teacher: rules that turn phones, prosody and turns into the face motion that the model is trained on."""
