"""Publishes the status of the head once per second and at each change, and its diagnostics."""

from collections.abc import Callable

from rclpy.node import Node

from dystream_ros.msg import StreamStatus
from dystream_ros.nodes.common import qos
from dystream_ros.nodes.common.diagnostics import Diagnostics, Health
from dystream_ros.nodes.common.reports import Reports
from dystream_ros.nodes.head.stage_times import StageTimes
from dystream_ros.nodes.head.status import Rates, Snapshot, add_stages, health, stream_status

_LONGEST_PAUSE = 5  # snapshots; without a change every fifth one is published


class StatusOutput:
    """The topics status and /diagnostics, in every state of the lifecycle.

    Args:
        snapshot: returns the present state of the head and changes nothing; called in the executor's thread.
        stages: read for the percentiles.
        reports: read for the counters.
    """

    def __init__(self, node: Node, snapshot: Callable[[], Snapshot], stages: StageTimes, reports: Reports) -> None:
        self._node = node
        self._snapshot = snapshot
        self._stages = stages
        self._reports = reports
        self._rates = Rates()
        self._since_published = 0
        self._published: tuple = ()
        # Not managed by the lifecycle: a failed configure is reported here.
        self._publisher = node.create_publisher(StreamStatus, "status", qos.status())
        self._diagnostics = Diagnostics(node, self._health, reports)

    def update(self) -> None:
        """Publish a change, or the fifth snapshot without one; called several times per second."""
        snapshot = self._snapshot()
        self._rates.add(snapshot.work)
        status = self._message(snapshot)
        parties = (status.self_audio, status.other_audio)
        summary = (
            snapshot.state,
            status.generation,
            status.degradation,
            *((party.receiving, party.stream_id, party.publishers) for party in parties),
            tuple(status.counters),
        )
        self._since_published += 1
        if summary != self._published or self._since_published >= _LONGEST_PAUSE:
            self._since_published = 0
            self._published = summary
            add_stages(status, self._stages)  # only now: percentiles cost as much as the rest of the message
            self._publisher.publish(status)

    def _message(self, snapshot: Snapshot) -> StreamStatus:
        status = stream_status(snapshot, self._rates, self._reports.counts())
        status.header.stamp = self._node.get_clock().now().to_msg()
        return status

    def _health(self) -> Health:
        snapshot = self._snapshot()
        status = self._message(snapshot)
        add_stages(status, self._stages)
        return health(status, snapshot)
