"""A server of pages in the event loop of a test: real connections, and of ROS only the messages."""

import asyncio
import contextlib

from web_page import Site, free_port

from dystream_ros.nodes.web.access import access
from dystream_ros.nodes.web.hub import Hub
from dystream_ros.nodes.web.message_fields import Refused
from dystream_ros.nodes.web.recordings import Recordings
from dystream_ros.nodes.web.requests import Requests
from dystream_ros.nodes.web.server import Server


class AbsentHead:
    """The services of a head that is not there."""

    head = "/head"

    async def state(self):
        return "missing"

    async def parameters(self):
        raise Refused("unavailable", "there is no head")


class StillRobot:
    """A ROS side without a graph; it keeps the failures that it is told of."""

    camera = False

    def __init__(self):
        self.client, self.failures = AbsentHead(), []

    def now_ns(self):
        return 10**18

    def say_ready(self):
        return False

    def need(self, demand):
        pass

    def open_publisher(self, party):
        pass

    close_publisher = open_publisher

    def failed(self, error):
        self.failures.append(error)


class LocalSite(Site):
    """Attributes: hub, robot."""

    def __init__(self, port, hub, robot):
        super().__init__(port)
        self.hub, self.robot = hub, robot


@contextlib.asynccontextmanager
async def local_site(folder):
    """A server that keeps its recordings in `folder`."""
    robot = StillRobot()
    hub = Hub(robot, Recordings(folder, {}, 10.0, lambda: None))
    port = free_port()
    server = Server(access("127.0.0.1", port, "", tls=False), hub, Requests(hub, 0, [], "auto"), 4, {})
    await server.start(None)
    regular = asyncio.ensure_future(hub.run())
    try:
        yield LocalSite(port, hub, robot)
    finally:
        regular.cancel()
        await server.stop()
