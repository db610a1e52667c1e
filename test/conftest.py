"""What every test stands on."""

import os

# The networks here are small: a second thread waits for the first far longer than it helps, above all beside others.
os.environ.setdefault("OMP_NUM_THREADS", "1")
