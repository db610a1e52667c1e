"""Publishes the status of the head once a second and when something changes, and its diagnostics."""

from collections.abc import Callable
from dataclasses import dataclass, field

from rclpy.clock import Clock, ClockType
from rclpy.node import Node

from dystream_ros.engine.conversation import ConversationStatistics
from dystream_ros.msg import StreamStatus
from dystream_ros.nodes.audio_input.party_input import PartyInput
from dystream_ros.nodes.common import qos
from dystream_ros.nodes.common.diagnostics import Diagnostics, Health
from dystream_ros.nodes.common.reports import Reports
from dystream_ros.nodes.head.stage_times import StageTimes
from dystream_ros.nodes.head.status import Rates, Work, health, stream_status

_LOOK_PERIOD = 0.2  # s between looks; a change is published at the next one
_LOOKS = 5  # a status at every fifth look, whatever happens


@dataclass(frozen=True)
class Snapshot:
    """What the head is doing at this moment.

    Attributes:
        state: of the lifecycle.
        time_mode, model, seed, frame_id: in force.
        work: since the start of the node.
        statistics: of the conversation; None before the first configure.
        sources: audio topics by party; empty while inactive.
    """

    state: str
    time_mode: str
    model: str
    seed: int
    frame_id: str
    work: Work
    statistics: ConversationStatistics | None = None
    sources: dict[str, PartyInput] = field(default_factory=dict)


class StatusOutput:
    """The topics status and /diagnostics, in every state of the lifecycle.

    Args:
        look: gives the snapshot; called five times a second in the executor's thread.
    """

    def __init__(self, node: Node, look: Callable[[], Snapshot], stages: StageTimes, reports: Reports) -> None:
        self._node = node
        self._take = look
        self._stages = stages
        self._reports = reports
        self._rates = Rates()
        self._looks = 0
        self._shown: tuple = ()
        # Not managed by the lifecycle: a head that could not be configured has to say so.
        self._publisher = node.create_publisher(StreamStatus, "status", qos.status())
        self._diagnostics = Diagnostics(node, self._health)
        node.create_timer(_LOOK_PERIOD, self._look, clock=Clock(clock_type=ClockType.STEADY_TIME))

    def _look(self) -> None:
        snapshot = self._take()
        for source in snapshot.sources.values():
            source.watch_publishers()
        status = self._message(snapshot)
        parties = (status.self_audio, status.other_audio)
        now_shown = (
            snapshot.state,
            status.generation,
            status.degradation,
            *((party.receiving, party.stream_id, party.publishers) for party in parties),
            tuple(status.counters),
        )
        self._looks += 1
        if now_shown != self._shown or self._looks >= _LOOKS:
            self._looks = 0
            self._shown = now_shown
            self._publisher.publish(status)

    def _message(self, snapshot: Snapshot) -> StreamStatus:
        status = stream_status(
            snapshot.time_mode,
            snapshot.statistics,
            snapshot.work,
            self._rates.add(snapshot.work),
            self._stages,
            snapshot.sources,
            self._reports.counts(),
        )
        status.header.stamp = self._node.get_clock().now().to_msg()
        status.header.frame_id = snapshot.frame_id
        return status

    def _health(self) -> Health:
        snapshot = self._take()
        return health(self._message(snapshot), snapshot.state, snapshot.model, snapshot.seed)
