"""A sync score of a face and its sound, by two small networks trained on the corpus; docs/sync.md is its card."""
