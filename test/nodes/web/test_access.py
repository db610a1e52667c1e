"""Names, origins and tokens that a server accepts; its certificate; how often something may happen."""

import os
import ssl
import stat

import pytest

from dystream_ros.nodes.web.access import Misconfigured, access, addresses
from dystream_ros.nodes.web.certificate import given_certificate, own_certificate
from dystream_ros.nodes.web.limits import Attempts, Rate


def test_a_server_for_this_machine_needs_no_token_and_knows_its_names():
    local = access("127.0.0.1", 8080, "", tls=False)
    assert local.address == "http://127.0.0.1:8080/"
    assert local.knows_token("")
    for host in ("127.0.0.1:8080", "localhost:8080", "LOCALHOST:8080", "[::1]:8080"):
        assert local.knows_host(host), host
        assert local.knows_origin(f"http://{host}"), host


@pytest.mark.parametrize(
    "host",
    [None, "", "evil.example", "evil.example:8080", "127.0.0.1", "127.0.0.1:80", "127.0.0.1:x", "127.0.0.1:8080/a",
     "a@127.0.0.1:8080", "127.0.0.1:8080#", "[::1:8080", "127.0.0.1:99999"],
)  # fmt: skip
def test_another_name_of_the_host_is_not_accepted(host):
    local = access("127.0.0.1", 8080, "", tls=False)
    assert not local.knows_host(host)
    assert not local.knows_origin(f"http://{host}")


def test_only_the_own_scheme_and_name_is_an_origin():
    server = access("0.0.0.0", 8443, "", tls=True, further_names=["robot.example", ""])
    assert server.knows_origin("https://robot.example:8443")
    assert all(server.knows_origin(f"https://{each}:8443") for each in addresses() if "." in each)
    for origin in (None, "", "null", "http://robot.example:8443", "https://0.0.0.0:8443", "https://other.example:8443"):
        assert not server.knows_origin(origin), origin


def test_a_server_for_the_network_has_a_token_and_tls():
    server = access("0.0.0.0", 8443, "", tls=True)
    assert len(server.token) >= 20
    assert server.token != access("0.0.0.0", 8443, "", tls=True).token
    assert server.address.endswith(f":8443/#token={server.token}")
    assert server.knows_token(server.token)
    for wrong in ("", "x", server.token[:-1], server.token + "x", "\N{SNOWMAN}"):
        assert not server.knows_token(wrong)
    with pytest.raises(Misconfigured, match="TLS is needed"):
        access("0.0.0.0", 8080, "", tls=False)
    with pytest.raises(Misconfigured, match="12 or more"):
        access("0.0.0.0", 8443, "short", tls=True)
    with pytest.raises(Misconfigured, match="localhost and IP addresses"):
        access("robot", 8443, "", tls=True)


def test_the_own_certificate_is_made_once_and_is_for_its_owner_only(tmp_path):
    folder = tmp_path / "state"
    made = own_certificate(folder)
    assert made.context().minimum_version == ssl.TLSVersion.TLSv1_2
    assert stat.S_IMODE(made.key.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert own_certificate(folder) == made
    made.key.write_text("damaged")
    renewed = own_certificate(folder)
    assert renewed.fingerprint != made.fingerprint
    assert not given_certificate(str(renewed.certificate), str(renewed.key)).made_here


def test_files_that_are_no_certificate_are_refused_by_name(tmp_path):
    made = own_certificate(tmp_path / "one")
    other = own_certificate(tmp_path / "two")
    with pytest.raises(Misconfigured, match="private_key is empty"):
        given_certificate(str(made.certificate), "")
    with pytest.raises(Misconfigured, match=r"missing\.pem"):
        given_certificate(str(tmp_path / "missing.pem"), str(made.key))
    with pytest.raises(Misconfigured, match="of the same certificate"):
        given_certificate(str(made.certificate), str(other.key)).context()
    os.mkfifo(tmp_path / "pipe.pem")
    for certificate, key in (("pipe.pem", made.key), (made.certificate, "pipe.pem")):
        with pytest.raises(Misconfigured, match="no regular file"):
            given_certificate(str(tmp_path / certificate), str(tmp_path / key))
    (tmp_path / "file").touch()
    with pytest.raises(Misconfigured, match="state_folder"):
        own_certificate(tmp_path / "file" / "below")


def test_a_rate_allows_a_burst_and_then_its_mean():
    now = [0.0]
    rate = Rate(2.0, 3.0, lambda: now[0])
    assert [rate.allow() for _ in range(4)] == [True, True, True, False]
    now[0] = 0.5
    assert [rate.allow() for _ in range(2)] == [True, False]


def test_an_address_that_failed_too_often_is_blocked_for_a_minute():
    now = [0.0]
    attempts = Attempts(3, clock=lambda: now[0])
    for _ in range(3):
        assert not attempts.blocked("a")
        attempts.failed("a")
    assert attempts.blocked("a")
    assert not attempts.blocked("b")
    now[0] = 61.0
    assert not attempts.blocked("a")
