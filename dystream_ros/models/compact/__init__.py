"""The embedded model: one causal encoder per party, an autoregressive transformer and a flow-matching head."""
