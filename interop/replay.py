"""Sends one signed heartbeat, and in later runs the very same bytes again.

usage: replay.py --server URL --pin=PIN --seed-file FILE --request-file FILE

The request is signed and written to the request file when that is missing, and read from it
otherwise. Prints what the server answered as one JSON object.
"""

import argparse
import json
import pathlib
import sys

from apis_profile import Request
from door import Door
from enrol_and_report import JSON, heartbeat, load_key, told


def kept(file: pathlib.Path, door: Door) -> Request:
    if not file.exists():
        request = door.signed("POST", "/api/v1/unit/heartbeat", JSON, heartbeat())
        fields = {"headers": request.headers, "body": request.body.decode()}
        file.write_text(json.dumps(fields))
    fields = json.loads(file.read_text())
    url = door.url + "/api/v1/unit/heartbeat"
    return Request("POST", url, fields["headers"], fields["body"].encode())


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--server", required=True)
    arguments.add_argument("--pin", required=True)
    arguments.add_argument("--seed-file", required=True)
    arguments.add_argument("--request-file", required=True, type=pathlib.Path)
    given = arguments.parse_args()

    door = Door(given.server, given.pin, load_key(given.seed_file))
    request = kept(given.request_file, door)
    json.dump({"heartbeat": told(door.send(request))}, sys.stdout)


if __name__ == "__main__":
    main()
