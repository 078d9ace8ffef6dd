"""Enrols by a claim and posts heartbeats, as a unit by another maker would.

usage: enrol_and_report.py CLAIM [--seed-file FILE] [--serial TEXT]

The seed file is made when it is missing, and holds the key for later runs of other scripts.
Prints what the server answered as one JSON object.
"""

import argparse
import json
import os
import pathlib
import sys
import urllib.parse

from apis_profile import UnitKey
from door import Answer, Door, uptime_us, wall_ms

JSON = {"Content-Type": "application/json"}


def load_key(path: str | None) -> UnitKey:
    if path is None:
        return UnitKey(os.urandom(32))
    file = pathlib.Path(path)
    if not file.exists():
        file.write_text(os.urandom(32).hex())
    return UnitKey(bytes.fromhex(file.read_text().strip()))


def parse_claim(text: str) -> dict[str, str]:
    scheme, _, query = text.partition("?")
    if scheme != "apis:1":
        raise SystemExit("not a claim")
    claim = dict(part.split("=", 1) for part in query.split("&"))
    claim["u"] = urllib.parse.unquote(claim["u"])
    if claim["t"] != "pin":
        raise SystemExit("this script trusts servers by pin only")
    return claim


def enrolment(claim: dict[str, str], key: UnitKey, serial: str) -> bytes:
    request = {
        "protocol": 1,
        "claim": claim["s"],
        "public_key": key.public,
        "serial": serial,
        "hardware": "interop",
        "firmware": "interop-1",
    }
    return json.dumps(request).encode()


def heartbeat() -> bytes:
    report = {
        "protocol": 1,
        "firmware": "interop-1",
        "boot": 1,
        "clock": {
            "sent_uptime_us": uptime_us(),
            "state": "coarse",
            "wall": {"ms": wall_ms(), "error_ms": 1000},
        },
        "storage": {"total_bytes": 32_000_000_000, "free_bytes": 30_000_000_000},
        "spool": {
            "record_count": 0,
            "upload_count": 0,
            "parked_count": 0,
            "evicted_count": 0,
            "spool_bytes": 0,
        },
        "eyes": {"frames_per_ks": 15000, "dropped_frame_count": 0, "processing_p99_us": 900},
        "deterrent": {"is_armed": False, "reason": "boot", "emission_count": 0},
    }
    return json.dumps(report).encode()


def told(answer: Answer) -> dict:
    try:
        body = json.loads(answer.body) if answer.body else None
    except ValueError:
        body = answer.body.decode(errors="replace")
    return {"status": answer.status, "body": body}


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("claim")
    arguments.add_argument("--seed-file")
    arguments.add_argument("--serial", default="interop")
    given = arguments.parse_args()

    key = load_key(given.seed_file)
    claim = parse_claim(given.claim)
    door = Door(claim["u"], claim["p"], key)
    enrolled = door.call(
        "POST", "/api/v1/unit/enrolment", JSON, enrolment(claim, key, given.serial)
    )
    result = {"public_key": key.public, "key_id": key.key_id, "enrolment": told(enrolled)}
    if enrolled.status == 200:
        path = "/api/v1/unit/heartbeat"
        result["heartbeat"] = told(door.call("POST", path, JSON, heartbeat()))
        # The same bytes again are a replay; the same bytes in 1970 are let in by a nonce.
        request = door.signed("POST", path, JSON, heartbeat())
        result["first_use"] = told(door.send(request))
        result["second_use"] = told(door.send(request))
        early = door.send(door.signed("POST", path, JSON, heartbeat(), now_s=4))
        result["early"] = told(early)
        nonce = early.headers.get("accept-signature", "").partition('nonce="')[2].partition('"')[0]
        request = door.signed("POST", path, JSON, heartbeat(), now_s=4, nonce=nonce)
        result["early_with_nonce"] = told(door.send(request))
        result["early_with_nonce_again"] = told(door.send(request))
        unsigned = door.signed("POST", path, JSON, heartbeat())
        del unsigned.headers["Signature"]
        result["unsigned"] = told(door.send(unsigned))
        changed = door.signed("POST", path, JSON, heartbeat())
        changed.body = changed.body.replace(b"interop-1", b"interop-2")
        result["changed_body"] = told(door.send(changed))
    json.dump(result, sys.stdout)


if __name__ == "__main__":
    main()
