"""Shared by all nodes: parameters, quality of service, reports, diagnostics, the process, launch arguments."""
