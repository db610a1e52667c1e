"""What the table compares: models of ours, bounds, baselines, peers, and motion made elsewhere; one a file."""
