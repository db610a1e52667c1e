"""Recordings: the node recorder as a child process, its files, and tickets to download them.

No name of a file comes from a page: a page names a recording, which must be one of those that this server knows.
"""

import asyncio
import re
import secrets
import shutil
import signal
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from dystream_ros.nodes.web.message_fields import Refused
from dystream_ros.nodes.web.protocol import Json

MOST = 20
RECORDER = "web_recorder"  # name of the node
_FREE_BYTES = 500_000_000
_TICKET_SECONDS = 60.0
_TICKETS = 50
_STOP_SECONDS = 30.0
_NAME = re.compile(r"\d{8}T\d{6}_[0-9a-f]{8}")
SUFFIXES = {"video": ".mp4", "motion": ".csv"}


@dataclass(frozen=True)
class _Running:
    name: str
    process: asyncio.subprocess.Process
    started: float  # s, steady


class Recordings:
    """The recordings in a folder.

    Args:
        folder: made when the first recording starts.
        topics: full name of each topic of the recorder.
        limit: s after which a recording ends by itself.
        changed: called when the list has changed, or a recording began or ended.
    """

    def __init__(self, folder: Path, topics: Mapping[str, str], limit: float, changed: Callable[[], None]) -> None:
        self._folder, self._topics, self._limit, self._changed = folder, dict(topics), limit, changed
        self._running: _Running | None = None
        self._tickets: dict[str, tuple[float, Path]] = {}
        self._seconds: dict[str, float] = {}
        self._watcher: asyncio.Task[None] | None = None

    def running(self) -> Json | None:
        """The recording that runs, as in the message `status`."""
        running = self._running
        if running is None:
            return None
        return {"recording": running.name, "seconds": round(time.monotonic() - running.started, 1)}

    def kept(self) -> list[Json]:
        """The recordings that are complete, newest first."""
        result = []
        for name in reversed(self._names()):
            video, motion = self._path(name, "video"), self._path(name, "motion")
            result.append(
                {
                    "recording": name,
                    "seconds": round(self._seconds.get(name, 0.0), 1),
                    "video_bytes": video.stat().st_size if video.exists() else 0,
                    "motion_bytes": motion.stat().st_size if motion.exists() else 0,
                    "started_ms": 1000.0 * time.mktime(time.strptime(name[:15], "%Y%m%dT%H%M%S")),
                }
            )
        return result

    async def start(self) -> None:
        """Start a recording.

        Raises:
            Refused: `busy`, `too_many`, or `unavailable` where the folder cannot be written.
        """
        if self._running is not None:
            raise Refused("busy", "a recording runs already: stop it first")
        if len(self._names()) >= MOST:
            raise Refused("too_many", f"{MOST} recordings are kept: delete one first")
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            free = shutil.disk_usage(self._folder).free
        except OSError as error:
            raise Refused("unavailable", f"the folder of the recordings cannot be written: {error.strerror}") from error
        if free < _FREE_BYTES:
            raise Refused("too_many", f"{free // 10**6} MB of the disk are free, {_FREE_BYTES // 10**6} are needed")
        name = f"{time.strftime('%Y%m%dT%H%M%S')}_{secrets.token_hex(4)}"
        remaps = [part for topic, full in self._topics.items() for part in ("-r", f"{topic}:={full}")]
        settings = {"output": self._path(name, "video"), "duration": f"{self._limit:.1f}", "exit_at_end": "false"}
        parameters = [part for key, value in settings.items() for part in ("-p", f"{key}:={value}")]
        command = ["-m", "dystream_ros.nodes.recorder", "--ros-args", "-r", f"__node:={RECORDER}"]
        process = await asyncio.create_subprocess_exec(sys.executable, *command, *remaps, *parameters)
        self._running = _Running(name, process, time.monotonic())
        self._watcher = asyncio.ensure_future(self._watch(self._running))
        self._changed()

    async def stop(self) -> None:
        """End the recording; returns when its files are complete.

        Raises:
            Refused: `refused`: none runs, or nothing was recorded.
        """
        running, watcher = self._running, self._watcher
        if running is None or watcher is None:
            raise Refused("refused", "no recording runs")
        if running.process.returncode is None:
            running.process.send_signal(signal.SIGINT)
        try:
            await asyncio.wait_for(asyncio.shield(watcher), _STOP_SECONDS)
        except asyncio.TimeoutError:
            running.process.kill()
            await watcher
        if not self._path(running.name, "video").exists():
            raise Refused("refused", "no picture came while it ran, so nothing was recorded: activate the head")

    def delete(self, name: str) -> None:
        """Delete the files of a recording.

        Raises:
            Refused: there is no such recording.
        """
        known = self._known(name)
        for file in SUFFIXES:
            self._path(known, file).unlink(missing_ok=True)
        self._changed()

    def ticket(self, name: str, file: str) -> tuple[str, str]:
        """A ticket for a file of a recording, and the name of that file.

        Raises:
            Refused: there is no such recording.
        """
        path = self._path(self._known(name), file)
        if not path.exists():
            raise Refused("refused", f"the recording has no file of kind '{file}'")
        now = time.monotonic()
        self._tickets = {each: entry for each, entry in self._tickets.items() if entry[0] > now}
        while len(self._tickets) >= _TICKETS:
            del self._tickets[next(iter(self._tickets))]
        ticket = secrets.token_urlsafe(24)
        self._tickets[ticket] = (now + _TICKET_SECONDS, path)
        return ticket, path.name

    def redeem(self, ticket: str) -> Path | None:
        """The file of a ticket, once; None for a ticket that is unknown, used or too old."""
        until, path = self._tickets.pop(ticket, (0.0, None))
        return path if path is not None and until > time.monotonic() and path.exists() else None

    async def close(self) -> None:
        """End a recording that runs."""
        if self._running is not None:
            try:
                await self.stop()
            except Refused:
                return

    async def _watch(self, running: _Running) -> None:
        await running.process.wait()
        self._seconds[running.name] = time.monotonic() - running.started
        self._running = None
        video, motion = self._path(running.name, "video"), self._path(running.name, "motion")
        if not video.exists():
            motion.unlink(missing_ok=True)
        self._changed()

    def _names(self) -> list[str]:
        if not self._folder.is_dir():
            return []
        running = self._running.name if self._running is not None else ""
        names = {path.stem for path in self._folder.iterdir() if path.suffix == SUFFIXES["video"]}
        return sorted(name for name in names if _NAME.fullmatch(name) and name != running)

    def _known(self, name: str) -> str:
        for known in self._names():
            if known == name:
                return known
        raise Refused("refused", "there is no such recording: it was deleted, or still runs")

    def _path(self, name: str, file: str) -> Path:
        return self._folder / f"{name}{SUFFIXES[file]}"
