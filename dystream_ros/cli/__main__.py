"""`python -m dystream_ros.cli` is `dystream`."""

import sys

from dystream_ros.cli import main

sys.exit(main())
