"""Verifies frozen signature vectors with the library's own verifier, and refuses changed ones.

usage: verify_vectors.py FILE...
"""

import base64
import json
import sys

from http_message_signatures import HTTPMessageVerifier, InvalidSignature, algorithms

from apis_profile import TAG, Request, UnitKey, covered


class FrozenVerifier(HTTPMessageVerifier):
    """The library's verifier without its clock: frozen signatures are of another day."""

    def validate_created_and_expires(self, sig_input, max_age=None):
        assert isinstance(sig_input.params["created"], int)
        assert sig_input.params["created"] < sig_input.params["expires"]


def read(path: str) -> tuple[UnitKey, Request, str]:
    with open(path, encoding="ascii") as file:
        head, rest = file.read().split("--- request\n")
    seed = next(line for line in head.splitlines() if line.startswith("seed ")).split()[1]
    request, rest = rest.split("--- body\n")
    body, base = rest.split("\n--- base\n")
    first, host, *fields = request.strip().splitlines()
    method, target = first.split(" ")
    origin = "https://" + host.removeprefix("host: ")
    headers = dict(line.split(": ", 1) for line in fields)
    parsed = Request(method, origin + target, headers, base64.b64decode(body))
    return UnitKey(bytes.fromhex(seed)), parsed, base.rstrip("\n")


def verify(key: UnitKey, request: Request):
    verifier = FrozenVerifier(signature_algorithm=algorithms.ED25519, key_resolver=key)
    return verifier.verify(
        request,
        max_age=None,
        expect_tag=TAG,
        require_components=covered(request),
        body=request.body if request.body else None,
    )


def check(path: str) -> int:
    key, request, base = read(path)
    (result,) = verify(key, request)
    lines = [f"{name}: {value}" for name, value in result.covered_components.items()]
    assert "\n".join(lines) == base, f"{path}: another signature base"
    refused = 0
    for line in result.covered_components:
        name = line.strip('"')
        changed = Request(request.method, request.url, dict(request.headers), request.body)
        if name == "@method":
            changed.method = "PUT"
        elif name == "@signature-params":
            changed.headers["signature-input"] += ";extra=1"
        elif name == "@authority":
            changed.url = changed.url.replace("https://", "https://x.", 1)
        elif name in ("@path", "@query"):
            changed.url += "x" if name == "@query" and "?" in changed.url else "?x"
        else:
            changed.headers[name] += "0"
        try:
            verify(key, changed)
        except InvalidSignature:
            refused += 1
        else:
            raise AssertionError(f"{path}: verified with another {name}")
    return refused


def main() -> None:
    counts = {path: check(path) for path in sys.argv[1:]}
    assert counts, "no vectors given"
    json.dump({"verified": len(counts), "refused": sum(counts.values())}, sys.stdout)


if __name__ == "__main__":
    main()
