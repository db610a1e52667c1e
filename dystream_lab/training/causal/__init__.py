"""Strategies of a causal audio encoder, compared: lookahead, distillation, and encoders that imagine what is to come.

The comparison repeats the analysis in section 4.6 of DyStream (arXiv 2512.24408) with the audio encoder of `compact`
alone. All strategies are trained on the same stored batches (`packs.py`); the command is `python -m
benchmarks.ablations causal`.
"""
