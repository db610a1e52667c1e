"""`dystream evaluate`: sets of labelled speech, rows (sources of motion), measures, reports, people.

Imports go from right to left: sets <- rows <- measures <- reports; `people` imports sets and rows.
"""

from pathlib import Path

import dystream_lab

# Labels of the real test voice, weights of the phone classifier, and the script that runs HeadAudio.
ASSETS = Path(dystream_lab.__file__).parent / "assets" / "evaluation"
