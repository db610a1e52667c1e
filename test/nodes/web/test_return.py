"""A page that connects again has its seats, also where the server has not noticed that it was gone."""

import asyncio
import contextlib
import json

import pytest
from local_site import local_site

RESUMED, TOO_SLOW = 4409, 1013


@contextlib.asynccontextmanager
async def silent_operator(site):
    """TCP transport and `welcome` of a page that has the seat `control` and then neither reads nor closes."""
    async with site.socket() as socket_:
        await socket_.send_json({"type": "hello", "version": 1})
        welcome = json.loads((await socket_.receive()).data)
        await socket_.send_json({"type": "take_seat", "seat": "control", "id": 1})
        while json.loads((await socket_.receive()).data)["type"] != "result":
            pass
        transport = socket_._response.connection.transport
        yield transport, welcome
        transport.abort()


async def returns(site, welcome):
    """Whether a page that resumes has the number and the seat `control` of before."""
    async with site.page(resume=welcome["resume"]) as again:
        seats = await again.until("seats")
        await again.until("status")
        assert again.messages[0]["page"] == welcome["page"]
        return seats["seats"]["control"] is not None and seats["seats"]["control"]["you"]


async def left(site):
    while len(site.hub.pages):
        await asyncio.sleep(0.01)


def test_a_page_returns_before_the_server_has_noticed_the_loss(tmp_path):
    async def scenario():
        async with local_site(tmp_path) as site, silent_operator(site) as (_, welcome):
            assert await returns(site, welcome)

    asyncio.run(scenario())


def test_a_page_returns_while_the_server_still_has_much_to_send_by_the_lost_connection(tmp_path):
    async def scenario():
        async with local_site(tmp_path) as site, silent_operator(site) as (transport, welcome):
            transport.pause_reading()
            [page] = site.hub.pages
            page.outbox.send_picture(1, bytes(64 << 20))
            await asyncio.sleep(0)
            assert await returns(site, welcome)

    asyncio.run(scenario())


def test_the_former_connection_of_a_page_that_returns_is_told_so(tmp_path):
    async def scenario():
        async with local_site(tmp_path) as site, site.page() as page:
            await page.take("control")
            assert await returns(site, page.messages[0])
            await page.when(lambda: page.socket.closed, "the end of the connection")
            return page.socket.close_code

    assert asyncio.run(scenario()) == RESUMED


def test_a_page_returns_after_its_connection_was_too_slow(tmp_path):
    async def scenario():
        async with local_site(tmp_path) as site, site.page() as page:
            await page.take("control")
            [held] = site.hub.pages
            for _ in range(1000):
                held.outbox.send({"type": "notice", "code": "test", "text": ""})
            await page.when(lambda: page.socket.closed, "the end of the connection")
            await left(site)
            assert await returns(site, page.messages[0])
            return page.socket.close_code

    assert asyncio.run(scenario()) == TOO_SLOW


@pytest.mark.parametrize("end", ["abort", "close"])  # TCP RST, FIN
def test_a_page_returns_whose_connection_ended_without_a_close_frame(tmp_path, end):
    async def scenario():
        async with local_site(tmp_path) as site, silent_operator(site) as (transport, welcome):
            getattr(transport, end)()
            await left(site)
            assert await returns(site, welcome)

    asyncio.run(scenario())


@pytest.mark.parametrize(("code", "kept"), [(1000, False), (1001, True)])
def test_a_page_that_closes_its_connection_gives_its_seats_up_or_comes_back(tmp_path, code, kept):
    async def scenario():
        async with local_site(tmp_path) as site:
            async with site.page() as page:
                await page.take("control")
                await page.socket.close(code=code)
            await left(site)
            return await returns(site, page.messages[0])

    assert asyncio.run(scenario()) is kept
