"""Shared by `microphone` and `speaker`: the devices of the machine, open streams, and the node around them."""
