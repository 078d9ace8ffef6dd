"""Signs one request of each kind and prints them as JSON, for a verifier to judge.

usage: sign_examples.py SEED_HEX AUTHORITY NOW_S
"""

import base64
import json
import sys

from apis_profile import Request, UnitKey, sign


def examples(origin: str) -> list[Request]:
    unit = f"{origin}/api/v1/unit"
    tus = {"Tus-Resumable": "1.0.0"}
    metadata = base64.b64encode(b"clip").decode()
    return [
        Request("POST", f"{unit}/heartbeat", {"Content-Type": "application/json"}, b'{"a": 1}'),
        Request("GET", f"{unit}/channel", {"Upgrade": "websocket"}),
        Request(
            "POST",
            f"{unit}/uploads",
            {**tus, "Upload-Length": "9", "Upload-Metadata": f"kind {metadata}"},
        ),
        Request("HEAD", f"{unit}/uploads/7", dict(tus)),
        Request(
            "PATCH",
            f"{unit}/uploads/7?part=1&name=%C3%A9",
            {**tus, "Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"},
            bytes(range(256)),
        ),
        Request("DELETE", f"{unit}/uploads/7", dict(tus)),
    ]


def main() -> None:
    seed, authority, now_s = sys.argv[1:]
    key = UnitKey(bytes.fromhex(seed))
    signed = []
    for request in examples(f"https://{authority}"):
        sign(request, key, now_s=int(now_s))
        target = request.url.removeprefix(f"https://{authority}")
        signed.append(
            {
                "method": request.method,
                "target": target,
                "fields": [[name.lower(), value] for name, value in request.headers.items()],
                "body": base64.b64encode(request.body).decode(),
            }
        )
    json.dump({"key_id": key.key_id, "public_key": key.public, "requests": signed}, sys.stdout)


if __name__ == "__main__":
    main()
