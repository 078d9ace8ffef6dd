"""The profile `apis-unit-v1` of RFC 9421 on top of the library `http-message-signatures`.

Written from docs/ref/protocol.md, not from the Rust code: it is the second reader of that page.
"""

import base64
import datetime
import hashlib
import json
import secrets
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from http_message_signatures import HTTPMessageSigner, HTTPSignatureKeyResolver, algorithms

TAG = "apis-unit-v1"
LIFETIME_S = 60


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@dataclass
class Request:
    """What is signed: `url` is absolute, header names are as they will be sent."""

    method: str
    url: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


class UnitKey(HTTPSignatureKeyResolver):
    """A unit's Ed25519 key, named by its RFC 7638 thumbprint."""

    def __init__(self, seed: bytes):
        self.private = Ed25519PrivateKey.from_private_bytes(seed)
        raw = self.private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.public = base64url(raw)
        jwk = {"crv": "Ed25519", "kty": "OKP", "x": self.public}
        canonical = json.dumps(jwk, separators=(",", ":"), sort_keys=True).encode()
        self.key_id = base64url(hashlib.sha256(canonical).digest())

    def resolve_private_key(self, key_id: str):
        return self.private if key_id == self.key_id else None

    def resolve_public_key(self, key_id: str):
        return self.private.public_key() if key_id == self.key_id else None


def covered(request: Request) -> list[str]:
    """The components that the profile requires of this request."""
    names = [name.lower() for name in request.headers]
    components = ["@method", "@authority", "@path", "@query"]
    if request.body:
        components += ["content-type", "content-length", "content-digest"]
    components += [n for n in names if n == "tus-resumable" or n.startswith("upload-")]
    return components


def sign(
    request: Request,
    key: UnitKey,
    *,
    now_s: int | None = None,
    nonce: str | None = None,
) -> None:
    """Adds digest and signature to the request's headers.

    `now_s` and `nonce` are the machine's clock and 128 random bits unless given: a server's
    nonce from `Accept-Signature` lets a signer in that does not know the time.
    """
    if request.body:
        digest = base64.b64encode(hashlib.sha256(request.body).digest()).decode()
        request.headers["Content-Length"] = str(len(request.body))
        request.headers["Content-Digest"] = f"sha-256=:{digest}:"
    created = datetime.datetime.fromtimestamp(
        now_s if now_s is not None else int(datetime.datetime.now().timestamp()),
        tz=datetime.timezone.utc,
    )
    signer = HTTPMessageSigner(signature_algorithm=algorithms.ED25519, key_resolver=key)
    signer.sign(
        request,
        key_id=key.key_id,
        created=created,
        expires=created + datetime.timedelta(seconds=LIFETIME_S),
        nonce=nonce if nonce is not None else base64url(secrets.token_bytes(16)),
        tag=TAG,
        covered_component_ids=covered(request),
        use_existing_digest=bool(request.body),
    )
