"""How long tests wait for what is to happen.

A timeout ends a test that would hang. It says nothing about speed: a busy machine may take a hundred times as long as a
quiet one for the start of a process.
"""

PATIENCE = 120.0  # s for one condition; pyproject.toml has the limit of a whole test
