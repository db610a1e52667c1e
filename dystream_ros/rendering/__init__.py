"""From motion and a portrait to images."""
