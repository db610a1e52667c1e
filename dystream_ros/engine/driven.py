"""Driven time: the audio advances the conversation, and the same audio gives the same frames."""

from collections.abc import Callable
from contextlib import suppress

from dystream_ros.audio.block import AudioBlock, AudioRejected
from dystream_ros.audio.notices import Notices
from dystream_ros.audio.timeline.party_timeline import PartyTimeline, TimelineAudio
from dystream_ros.engine.config import ConversationConfig
from dystream_ros.engine.frame import FrameTiming

# Streams whose first stamps are further apart are aligned at their starts.
START_APART_NS = 60_000_000_000


class DrivenTime:
    """Frames are due when the audio of the awaited parties is complete; media sample 0 is their earliest stamp.

    Args:
        config: of the conversation.
        timelines: of both parties, in driven mode.
        timing: of the session's frames.
        stamp_offset_ns: returns ROS time minus steady time, ns, for audio without stamps.
        notices: receives unusual events.
    """

    live = False
    ppm = 0.0
    steps = 0

    def __init__(
        self,
        config: ConversationConfig,
        timelines: dict[str, PartyTimeline],
        timing: FrameTiming,
        stamp_offset_ns: Callable[[], int],
        notices: Notices,
    ) -> None:
        self._config, self._timelines, self._offset, self._notices = config, timelines, stamp_offset_ns, notices
        self._timing = timing
        self._names = ("self", "other") if config.parties == "both" else (config.parties,)
        self._awaited = [timelines[party] for party in self._names]
        self._held: list[tuple[str, AudioBlock, int]] = []
        self._started = False

    def push(self, party: str, block: AudioBlock, arrival_ns: int) -> None:
        """Accept a block, or hold it until all awaited parties have started; raises `AudioRejected`."""
        timeline = self._timelines[party]
        if self._started:
            timeline.push(block, arrival_ns)
            return
        timeline.check(block)
        held = sum(waiting.seconds for name, waiting, _ in self._held if name == party)
        if held > self._config.queue_limit:
            message = (
                f"{held:.1f} s of {party} audio wait for the other party to start (parties is {self._config.parties}); "
                "start its source, or set `parties` to the parties that have one"
            )
            timeline.refuse(block, AudioRejected("queue_full", message))
        self._held.append((party, block, arrival_ns))
        if {name for name, _, _ in self._held} >= set(self._names):
            self._start(arrival_ns)

    def due_ns(self, frame: int, now_ns: int) -> int | None:
        """`now_ns` when the audio of a frame is complete, else None.

        After the end of all awaited streams, frames continue to the end of the longest.
        """
        start, needed = self._timing.start(frame), self._timing.needed(frame)
        if not self._started:
            return None
        if all(timeline.ended for timeline in self._awaited):
            ready = start < max(timeline.last_position for timeline in self._awaited)
        else:
            ready = all(timeline.available_until() >= needed for timeline in self._awaited)
        return now_ns if ready else None

    def lacks(self, frame: int, now_ns: int) -> bool:
        """False: a frame that is due has all of its audio."""
        return False

    def audio_ns(self, frame: int) -> int | None:
        """None: the audio itself is the clock."""
        return None

    def ready_ns(self, frame: int, audio: dict[str, TimelineAudio]) -> int | None:
        """Steady instant at which the last sample of a frame arrived; None when it has no audio."""
        arrivals = [part.last_arrival_ns for part in audio.values() if part.last_arrival_ns is not None]
        return max(arrivals, default=None)

    def stale(self, frame: int, now_ns: int) -> int:
        """0: frames are never dropped."""
        return 0

    def watch(self, now_ns: int) -> None:
        """Do nothing: frames wait for a party without audio."""

    def forget_self(self) -> None:
        """Drop the self audio that is held until the other party starts."""
        self._held = [held for held in self._held if held[0] != "self"]

    def _start(self, now_ns: int) -> None:
        firsts: dict[str, int] = {}
        for party, block, _ in self._held:
            if block.stamp_ns and party in self._names:
                firsts[party] = min(block.stamp_ns, firsts.get(party, block.stamp_ns))
        epoch_ns = min(firsts.values()) if firsts else now_ns + self._offset()
        for party, timeline in self._timelines.items():
            timeline.stamps.epoch_ns = epoch_ns
            apart_ns = firsts.get(party, epoch_ns) - epoch_ns
            if apart_ns > START_APART_NS:
                timeline.stamps.align(firsts[party], 0)
                self._notices.add(
                    "start_apart",
                    f"by their stamps the streams start {apart_ns / 1e9:.0f} s apart; they are aligned at their starts",
                )
        self._started = True
        held, self._held = self._held, []
        for party, block, arrival_ns in held:
            # Counted by the timeline; there is no caller to inform.
            with suppress(AudioRejected):
                self._timelines[party].push(block, arrival_ns)
