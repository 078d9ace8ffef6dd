"""A connection to the units' door: TLS trusted by pin, requests signed by the profile."""

import datetime
import hashlib
import http.client
import re
import ssl
import urllib.parse
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from apis_profile import Request, UnitKey, base64url, sign


class WrongServer(Exception):
    """The server's public key does not have the pin."""


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


class Door:
    """The units' door at `url` (`https://authority`), whose key has the SHA-256 `pin`."""

    def __init__(self, url: str, pin: str, key: UnitKey):
        self.url, self.pin, self.key = url, pin, key

    def connect(self) -> http.client.HTTPSConnection:
        # No authority vouches for the server's own certificate; the pin below does. The
        # handshake's signature is checked in every mode.
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        parts = urllib.parse.urlsplit(self.url)
        connection = http.client.HTTPSConnection(
            parts.hostname, parts.port or 443, timeout=30, context=context
        )
        connection.connect()
        certificate = x509.load_der_x509_certificate(connection.sock.getpeercert(True))
        public_key = certificate.public_key().public_bytes(
            Encoding.DER, PublicFormat.SubjectPublicKeyInfo
        )
        if base64url(hashlib.sha256(public_key).digest()) != self.pin:
            connection.close()
            raise WrongServer(self.url)
        return connection

    def signed(self, method: str, path: str, headers=None, body=b"", **terms) -> Request:
        request = Request(method, self.url + path, dict(headers or {}), body)
        sign(request, self.key, **terms)
        return request

    def send(self, request: Request) -> Answer:
        """Sends the request with exactly its headers, and reads the whole answer."""
        connection = self.connect()
        try:
            start(connection, request, self.url)
            if request.body:
                connection.send(request.body)
            return read(connection)
        finally:
            connection.close()

    def call(self, method: str, path: str, headers=None, body=b"") -> Answer:
        """A signed call; one that the server's clock refuses is signed again with its nonce."""
        answer = self.send(self.signed(method, path, headers, body))
        offered = re.search(r';nonce="([^"]+)"', answer.headers.get("accept-signature", ""))
        if answer.status == 401 and offered:
            request = self.signed(method, path, headers, body, nonce=offered.group(1))
            answer = self.send(request)
        return answer


def start(connection: http.client.HTTPSConnection, request: Request, origin: str) -> None:
    """Sends a request's head."""
    connection.putrequest(
        request.method,
        request.url.removeprefix(origin),
        skip_host=True,
        skip_accept_encoding=True,
    )
    connection.putheader("Host", origin.removeprefix("https://"))
    for name, value in request.headers.items():
        connection.putheader(name, value)
    connection.endheaders()


def read(connection: http.client.HTTPSConnection) -> Answer:
    response = connection.getresponse()
    headers = {name.lower(): value for name, value in response.getheaders()}
    return Answer(response.status, headers, response.read())


def uptime_us() -> int:
    with open("/proc/uptime", encoding="ascii") as file:
        return int(float(file.read().split()[0]) * 1_000_000)


def wall_ms() -> int:
    return int(datetime.datetime.now().timestamp() * 1_000)
