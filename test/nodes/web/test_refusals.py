"""What a server refuses at its door and of its pages."""

import asyncio
import http.client
import socket
import ssl

import aiohttp
import pytest
from patience import PATIENCE
from web_page import Site, free_port

CLOSE = {aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSING, aiohttp.WSMsgType.CLOSED}


def requested(site, method, path, headers=(), body=None):
    """Status, headers and body of the answer to a request that is sent as it is."""
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=PATIENCE)
    connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
    for name, value in {"Host": f"127.0.0.1:{site.port}", **dict(headers)}.items():
        if value is not None:
            connection.putheader(name, value)
    connection.endheaders(body)
    answer = connection.getresponse()
    result = answer.status, dict(answer.getheaders()), answer.read()
    connection.close()
    return result


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "127.0.0.1:1", None])
def test_a_request_to_another_name_is_refused(site, host):
    status, _, text = requested(site, "GET", "/", {"Host": host})
    assert status in (421, 400) if host is None else status == 421
    assert host is None or b"host_names" in text


def test_nothing_but_looking_is_allowed_and_nothing_of_others_is_loaded(site):
    for method in ("POST", "PUT", "DELETE", "OPTIONS", "TRACE"):
        assert requested(site, method, "/")[0] == 405
    assert requested(site, "GET", "/", {"Content-Length": "4"}, b"body")[0] == 413
    _, headers, _ = requested(site, "GET", "/")
    assert "default-src 'self'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "Access-Control-Allow-Origin" not in headers


@pytest.mark.parametrize(
    "path",
    ["/etc/passwd", "/page/../server.py", "/page/..%2f..%2fnode.py", "/page/%2e%2e/server.py", "/page//etc/passwd",
     "/page/", "/page", "/page/%00", "/../../etc/passwd", "/download/../../etc/passwd", "/download/x", "/download/",
     "/page/..%5c..%5cnode.py", "/advice.json", "/page/" + "a" * 4000],
)  # fmt: skip
def test_no_file_of_the_machine_is_reached(site, path):
    assert requested(site, "GET", path)[0] == 404


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "https://127.0.0.1", "http://127.0.0.1:1", ""])
def test_a_page_of_another_origin_gets_no_connection(site, origin):
    upgrade = {
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
    }
    assert requested(site, "GET", "/ws", {**upgrade, "Origin": origin or None})[0] == 403
    assert requested(site, "GET", "/ws", {**upgrade, "Origin": site.url})[0] == 101


async def closed_with(socket_):
    """The code with which the server closes."""
    while (await socket_.receive(timeout=PATIENCE)).type not in CLOSE:
        pass
    return socket_.close_code


@pytest.mark.parametrize(
    ("first", "code"),
    [
        ("hello", 4400),
        ('{"type": "look"}', 4400),
        ('{"type": "hello", "version": 2, "token": "a token of this test"}', 4400),
        (b"\x01" * 20, 4400),
        ('{"type": "hello", "version": 1}', 4401),
        ('{"type": "hello", "version": 1, "token": "a token of this tesT"}', 4401),
    ],
)
def test_who_does_not_know_the_token_or_the_protocol_stays_outside(site, first, code):
    async def refused():
        async with site.socket() as socket_:
            await (socket_.send_bytes if isinstance(first, bytes) else socket_.send_str)(first)
            return await closed_with(socket_)

    assert asyncio.run(refused()) == code


def test_guessing_tokens_is_stopped_for_that_address(site):
    async def guess():
        for k in range(10):
            async with site.socket(source="127.0.0.2") as socket_:
                await socket_.send_json({"type": "hello", "version": 1, "token": f"guess {k}"})
                await closed_with(socket_)
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            async with site.socket(source="127.0.0.2"):
                pass
        async with site.page():  # another address
            return refused.value.status

    assert asyncio.run(guess()) == 429


def test_floods_and_large_messages_end_a_connection(site):
    async def flood(send, count):
        async with site.page() as page:
            for _ in range(count):
                if page.socket.closed:
                    break
                try:
                    await send(page.socket)
                except ConnectionError:
                    break
            await page.when(lambda: page.socket.closed, "the end of the connection")
            return page.socket.close_code

    assert asyncio.run(flood(lambda to: to.send_str('{"type": "ping", "sent": 0}'), 300)) == 4429
    assert asyncio.run(flood(lambda to: to.send_bytes(b"\x11"), 700)) == 4429
    sound = b"\x11" + bytes(3) + (48_000).to_bytes(4, "little") + bytes(8) + bytes(5760)  # 60 ms each
    assert asyncio.run(flood(lambda to: to.send_bytes(sound), 250)) == 4429
    assert asyncio.run(flood(lambda to: to.send_str("x" * 70_000), 1)) == 1009


def test_more_pages_than_allowed_are_refused(site):
    async def crowd():
        async with site.page(), site.page(), site.page(), site.page():
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                async with site.socket():
                    pass
        return refused.value.status

    assert asyncio.run(crowd()) == 503


def test_each_request_needs_its_seat(site):
    async def ask():
        async with site.page() as page:
            results = [
                await page.ask("say", text="hello"),
                await page.ask("interrupt"),
                await page.ask("open_microphone", path="websocket"),
                await page.ask("set_parameter", name="mirror", value=True),
                await page.ask("command", name="deactivate"),
                await page.ask("start_recording"),
                await page.ask("stop_recording"),
                await page.ask("list_recordings"),
                await page.ask("delete_recording", recording="x"),
                await page.ask("download", recording="x", file="video"),
            ]
            await page.take("visitor")
            results += [await page.ask("command", name="reset"), await page.ask("set_parameter", name="seed", value=1)]
            return results

    for result in asyncio.run(ask()):
        assert not result["ok"]
        assert result["code"] == "seat_needed", result


def test_one_page_operates_at_a_time_and_hands_over_visibly(site):
    async def hand_over():
        async with site.page("first") as first, site.page("second") as second:
            assert (await first.ask("take_seat", seat="control"))["ok"]
            assert (await second.ask("take_seat", seat="control"))["code"] == "seat_taken"
            kept = asyncio.ensure_future(second.ask("take_seat", seat="control", ask=True))
            request = await first.until("seat_request")
            assert (request["name"], request["seat"]) == ("second", "control")
            await first.ask("answer_seat", request=request["request"], give=False)
            assert (await kept)["code"] == "seat_refused"
            given = asyncio.ensure_future(second.ask("take_seat", seat="control", ask=True))
            request = await first.until("seat_request", lambda each: each["request"] != request["request"])
            await first.ask("answer_seat", request=request["request"], give=True)
            assert (await given)["ok"]
            assert (await first.until("seat_lost"))["name"] == "second"
            seats = await first.until("seats", lambda each: (each["seats"]["control"] or {}).get("name") == "second")
            assert not seats["seats"]["control"]["you"]
            assert (await first.ask("command", name="reset"))["code"] == "seat_needed"

    asyncio.run(hand_over())


def test_a_page_that_lost_its_connection_has_its_seat_again(site):
    async def come_back():
        async with site.page("one") as page:
            await page.take("control")
            welcome = page.messages[0]
            await page.socket.close(code=1001)  # as a browser that loads the page again
        async with site.page("two") as other:
            wanted = asyncio.ensure_future(other.ask("take_seat", seat="control"))
            assert "'one'" in (await other.until("notice", lambda each: each["code"] == "seat_waits"))["text"]
            async with site.page("one", resume=welcome["resume"]) as again:
                assert (await wanted)["code"] == "seat_taken"
                seats = await again.until("seats")
                assert seats["seats"]["control"]["you"]
                assert again.messages[0]["page"] == welcome["page"]
                await again.ask("release_seat", seat="control")
            async with site.page("thief", resume="guessed") as thief:
                assert thief.messages[0]["page"] != welcome["page"]

    asyncio.run(come_back())


def test_a_page_that_vanished_keeps_nobody_waiting_for_longer_than_its_return_may_take(site):
    async def vanish():
        async with site.page("gone") as page, site.page("next") as other:
            await page.take("control")
            page.vanish()
            await other.until("status", lambda message: [each["name"] for each in message["pages"]] == ["next"])
            await other.take("control")
            assert "'gone'" in (await other.until("notice", lambda each: each["code"] == "seat_waits"))["text"]
            assert (await other.ask("list_recordings"))["ok"]

    asyncio.run(vanish())


def test_the_network_is_served_by_tls_and_with_a_token_only(graph, site, tmp_path):
    taken = graph.start("web", port=site.port)
    port = free_port()
    open_ = graph.start("web", host="0.0.0.0", port=port, state_folder=str(tmp_path / "state"))
    log = open_.until_log("#token=")
    token = log.partition("#token=")[2].split()[0]
    open_.until_log("fingerprint")
    assert "\N{FULL BLOCK}" in open_.until_log("\N{FULL BLOCK}")  # the QR code
    outside = Site(port, token, "https")

    async def visit():
        async with outside.page() as page:
            assert page.messages[0]["token_needed"]
        async with outside.socket() as socket_:
            await socket_.send_json({"type": "hello", "version": 1})
            return await closed_with(socket_)

    assert asyncio.run(visit()) == 4401
    with socket.create_connection(("127.0.0.1", port), 10) as plain:
        plain.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b"HTTP/1.1 200" not in plain.recv(100)
    old = ssl.create_default_context()
    old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    with socket.create_connection(("127.0.0.1", port), 10) as plain, old.wrap_socket(plain) as secure:
        assert secure.version() == "TLSv1.2"
    assert taken.wait() == 2
    assert "cannot be listened on" in taken.log
    assert open_.stop() == 0
