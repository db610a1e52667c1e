"""The published networks, as published."""
