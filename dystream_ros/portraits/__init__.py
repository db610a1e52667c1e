"""From a photo to a portrait: a .face file that the renderer moves."""
