"""Publishes the status of the head once a second and when something changes, and its diagnostics."""

from collections.abc import Callable

from rclpy.clock import Clock, ClockType
from rclpy.node import Node

from dystream_ros.msg import StreamStatus
from dystream_ros.nodes.common import qos
from dystream_ros.nodes.common.diagnostics import Diagnostics, Health
from dystream_ros.nodes.common.reports import Reports
from dystream_ros.nodes.head.stage_times import StageTimes
from dystream_ros.nodes.head.status import Rates, Snapshot, health, stream_status

_LOOK_PERIOD = 0.2  # s between snapshots; a change is published at the next one
_LOOKS = 5  # a status at every fifth snapshot, whatever happens


class StatusOutput:
    """The topics status and /diagnostics, in every state of the lifecycle.

    Args:
        snapshot: what the head is doing now; it only reads. Called in the executor's thread.
    """

    def __init__(self, node: Node, snapshot: Callable[[], Snapshot], stages: StageTimes, reports: Reports) -> None:
        self._node = node
        self._snapshot = snapshot
        self._stages = stages
        self._reports = reports
        self._rates = Rates()
        self._looks = 0
        self._shown: tuple = ()
        # Not managed by the lifecycle: a head that could not be configured has to report that.
        self._publisher = node.create_publisher(StreamStatus, "status", qos.status())
        self._diagnostics = Diagnostics(node, self._health)
        node.create_timer(_LOOK_PERIOD, self._look, clock=Clock(clock_type=ClockType.STEADY_TIME))

    def _look(self) -> None:
        snapshot = self._snapshot()
        self._rates.add(snapshot.work)
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
        status = stream_status(snapshot, self._rates, self._stages, self._reports.counts())
        status.header.stamp = self._node.get_clock().now().to_msg()
        return status

    def _health(self) -> Health:
        snapshot = self._snapshot()
        return health(self._message(snapshot), snapshot)
