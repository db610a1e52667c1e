"""The published DyStream networks run live: stage 2, audio to motion, and stage 1, motion to picture.

`family.FAMILY` loads a model and its renderer for `models.registry`.
"""
