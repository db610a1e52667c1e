"""Output files that replace the ones before only when they are complete."""

import contextlib
import logging
import os
from collections.abc import Iterator
from pathlib import Path

from dystream_ros.recording.claim import claimed

_logger = logging.getLogger(__name__)


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A path beside `path`, with the same suffix, to write to; at the end of the block that file replaces `path`.

    An error or Ctrl-C in the block leaves `path` as it is. What was written until then stays in the other file, which a
    warning names.

    Raises:
        OutputInUse: another program writes this file.
        OSError: the folder cannot be written.
    """
    target = Path(os.path.realpath(path))  # a link stays one
    partial = target.with_name(f"{target.stem}.partial{target.suffix}")
    with claimed(path):
        partial.unlink(missing_ok=True)
        try:
            yield partial
        except BaseException:
            if partial.exists():
                before = f"{path} is as it was" if target.exists() else f"{path} was not written"
                _logger.warning("the beginning, up to the interruption, is in %s; %s", partial, before)
            raise
        if partial.exists():
            partial.replace(target)
