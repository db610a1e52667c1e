"""Draws a portrait in a motion: `backend.open_renderer` opens a renderer, `interfaces.Renderer` is its contract.

Nothing is imported here. `backend` loads OpenCV and OpenGL; `interfaces`, `portrait` and `view` load NumPy only.
"""
