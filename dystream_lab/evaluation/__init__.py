"""`dystream evaluate`: sets of labelled speech, rows (whatever makes motion for them), measures, reports, people.

Arrows: sets <- rows <- measures <- reports; `people` builds on sets and rows.
"""

from pathlib import Path

import dystream_lab

# Labels of the real test voice, weights of the phone classifier, and the script that runs HeadAudio.
ASSETS = Path(dystream_lab.__file__).parent / "assets" / "evaluation"
