"""The node that records motion and audio into a bag."""
