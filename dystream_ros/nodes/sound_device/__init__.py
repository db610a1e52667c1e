"""What `microphone` and `speaker` share: the devices of the machine, open streams, and the node around them."""
