"""The certificate of the server: files of the user, or one that is made at the first start. Needs no ROS."""

import datetime
import ipaddress
import os
import socket
import ssl
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from dystream_ros.files import read_small_text
from dystream_ros.nodes.web.access import Misconfigured, addresses

_VALID = datetime.timedelta(days=365)
_RENEWED_BEFORE = datetime.timedelta(days=30)


@dataclass(frozen=True)
class Certificate:
    """A certificate and its key in files.

    Attributes:
        fingerprint: SHA-256, as browsers show it.
        made_here: whether browsers warn about it, since nobody has signed it.
    """

    certificate: Path
    key: Path
    fingerprint: str
    made_here: bool

    def context(self) -> ssl.SSLContext:
        """For a server.

        Raises:
            Misconfigured: the two files do not belong together.
        """
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        try:
            context.load_cert_chain(self.certificate, self.key)
        except (ssl.SSLError, OSError) as error:
            raise Misconfigured(
                f"certificate {self.certificate} and private_key {self.key} cannot be used: {error}; give a PEM file "
                "each, of the same certificate, without a password"
            ) from error
        return context


def given_certificate(certificate: str, key: str) -> Certificate:
    """The files of the user.

    Raises:
        Misconfigured: only one is given, a file is missing, or it holds no certificate.
    """
    if not certificate or not key:
        missing = "private_key" if certificate else "certificate"
        raise Misconfigured(f"{missing} is empty: give both files, certificate and private_key, or none of them")
    try:
        read_small_text(Path(key))  # before the library opens it, which would wait for a writer of a FIFO
        return Certificate(Path(certificate), Path(key), _fingerprint(Path(certificate)), made_here=False)
    except (OSError, ValueError) as error:
        raise Misconfigured(
            f"certificate {certificate} or private_key {key} cannot be read: {error}; give a PEM file each"
        ) from error


def own_certificate(folder: Path) -> Certificate:
    """The certificate in a folder that only its owner can read; made where there is none that is still valid.

    Raises:
        Misconfigured: the folder cannot be written.
    """
    certificate, key = folder / "certificate.pem", folder / "private_key.pem"
    try:
        if not _usable(certificate, key):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            _make(certificate, key)
        return Certificate(certificate, key, _fingerprint(certificate), made_here=True)
    except OSError as error:
        raise Misconfigured(
            f"no certificate can be made in {folder}: {error}; set state_folder to a folder that can be written, or "
            "give the files certificate and private_key"
        ) from error


def _usable(certificate: Path, key: Path) -> bool:
    try:
        made = x509.load_pem_x509_certificate(read_small_text(certificate).encode())
        public = serialization.load_pem_private_key(read_small_text(key).encode(), None).public_key()
    except (OSError, ValueError, TypeError):
        return False
    now = datetime.datetime.now(datetime.timezone.utc)
    return made.not_valid_after_utc - _RENEWED_BEFORE > now and made.public_key() == public


def _make(certificate: Path, key: Path) -> None:
    private = ec.generate_private_key(ec.SECP256R1())
    host = socket.gethostname()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host[:64] or "dystream_ros")])
    names: list[x509.GeneralName] = [x509.DNSName(each) for each in dict.fromkeys(("localhost", host)) if each]
    names += [x509.IPAddress(ipaddress.ip_address(each)) for each in ("127.0.0.1", "::1", *addresses())]
    now = datetime.datetime.now(datetime.timezone.utc)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + _VALID)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([x509.ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(private, hashes.SHA256())
    )
    secret = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    _write(key, secret)
    _write(certificate, made.public_bytes(serialization.Encoding.PEM))


def _write(path: Path, content: bytes) -> None:
    """Write a file that only its owner can read, whole or not at all."""
    unfinished = path.with_suffix(".new")
    unfinished.unlink(missing_ok=True)
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
    unfinished.replace(path)


def _fingerprint(certificate: Path) -> str:
    digest = x509.load_pem_x509_certificate(read_small_text(certificate).encode()).fingerprint(hashes.SHA256())
    return digest.hex(":").upper()
