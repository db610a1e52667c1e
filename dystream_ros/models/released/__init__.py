"""The published DyStream networks in real time: audio to motion (stage 2), and motion to picture (stage 1).

`family.FAMILY` loads a model and its renderer for `models.registry`.
"""
