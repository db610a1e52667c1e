"""What every node shares: parameters on a node, quality of service, reports, diagnostics, launch arguments."""
