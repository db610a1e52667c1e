"""The embedded model: a causal encoder a party, an autoregressive transformer and a flow-matching head."""
