"""Who may use the server: names of the host, origin of a page, token. Needs no ROS."""

import hmac
import ipaddress
import secrets
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

import ifaddr

SHORTEST_TOKEN = 12


class Misconfigured(ValueError):
    """Settings with which the server must not start; the message says what to change."""


def is_loopback(host: str) -> bool:
    """Whether only programs of this machine can reach a server that listens on this host."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def addresses() -> list[str]:
    """Addresses of this machine that others may reach, IPv4 first; without those of one link only."""
    found: list[ipaddress.IPv4Address | ipaddress.IPv6Address] = []
    for adapter in ifaddr.get_adapters():
        for each in adapter.ips:
            address = ipaddress.ip_address(each.ip if isinstance(each.ip, str) else each.ip[0])
            if not address.is_loopback and not address.is_link_local:
                found.append(address)
    return [str(address) for address in sorted(found, key=lambda address: address.version)]


@dataclass(frozen=True)
class Access:
    """The rules of one server.

    Attributes:
        host: address that it listens on.
        port: TCP port.
        tls: whether it speaks HTTPS.
        token: what a page must know; "" on a loopback address: no token is needed.
        names: names by which a browser may call the server, in lower case.
    """

    host: str
    port: int
    tls: bool
    token: str
    names: frozenset[str]

    @property
    def address(self) -> str:
        """What to open in a browser; the token is in the fragment, which browsers do not send."""
        host = self.host
        if host in ("0.0.0.0", "::"):
            host = next(iter(addresses()), "127.0.0.1")
        shown = f"[{host}]" if ":" in host else host
        fragment = f"#token={self.token}" if self.token else ""
        return f"{'https' if self.tls else 'http'}://{shown}:{self.port}/{fragment}"

    def knows_host(self, header: str | None) -> bool:
        """Whether the header `Host` names this server.

        A page of another host whose name was made to point here (DNS rebinding) does not pass.
        """
        return header is not None and self._names_this(f"//{header}")

    def knows_origin(self, header: str | None) -> bool:
        """Whether the header `Origin` is that of this server's own page."""
        if header is None or "://" not in header:
            return False
        scheme, _, rest = header.partition("://")
        return scheme == ("https" if self.tls else "http") and self._names_this(f"//{rest}")

    def knows_token(self, token: str) -> bool:
        """Whether a page may enter; takes equally long for every wrong token."""
        return not self.token or hmac.compare_digest(token.encode(), self.token.encode())

    def _names_this(self, reference: str) -> bool:
        if any(mark in reference[2:] for mark in "/?#@"):
            return False
        try:
            parts = urlsplit(reference)
            port = parts.port
        except ValueError:
            return False
        usual = 443 if self.tls else 80
        return (parts.hostname or "") in self.names and (usual if port is None else port) == self.port


def access(host: str, port: int, token: str, tls: bool, further_names: Iterable[str] = ()) -> Access:
    """The rules for these settings.

    Args:
        host: IP address, or localhost.
        token: "": none on a loopback address, elsewhere a new one.
        tls: whether the server speaks HTTPS; needed on any other than a loopback address.
        further_names: names by which browsers call the server, beside those of this machine.

    Raises:
        Misconfigured: the host is no address of this machine, or the token is too short.
    """
    loopback = is_loopback(host)
    if not loopback:
        try:
            ipaddress.ip_address(host)
        except ValueError as error:
            raise Misconfigured(
                f"host is '{host}'; accepted are localhost and IP addresses: 127.0.0.1 for this machine only, 0.0.0.0 "
                "for the network"
            ) from error
        if not tls:
            raise Misconfigured(f"host is {host}, which others can reach: TLS is needed there")
    if token and len(token) < SHORTEST_TOKEN:
        raise Misconfigured(
            f"token has {len(token)} characters; give {SHORTEST_TOKEN} or more, or leave it empty: one is made then"
        )
    if not token and not loopback:
        token = secrets.token_urlsafe(18)
    names = {"localhost", "127.0.0.1", "::1"} | {name.strip().lower() for name in further_names if name.strip()}
    if not loopback:
        own = socket.gethostname().lower()
        names |= {host, own, f"{own.partition('.')[0]}.local", *addresses()}
    return Access(host, port, tls, token, frozenset(names - {"0.0.0.0", "::"}))
