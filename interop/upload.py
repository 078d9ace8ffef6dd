"""Uploads a file with `tuspy`, a tus client by others, through the signing shim.

usage: upload.py FILE --server URL --pin=PIN --seed-file FILE --visit ID
                 [--kind clip] [--chunk BYTES] [--cut-after BYTES] [--retries N] [--sha256 HEX]

Prints every request that passed the shim, and its answer, as one JSON object.
"""

import argparse
import hashlib
import json
import pathlib
import sys

from tusclient.client import TusClient
from tusclient.exceptions import TusCommunicationError, TusUploadFailed

from apis_profile import UnitKey
from door import Door
from shim import Shim


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("file")
    arguments.add_argument("--server", required=True)
    arguments.add_argument("--pin", required=True)
    arguments.add_argument("--seed-file", required=True)
    arguments.add_argument("--visit", required=True)
    arguments.add_argument("--kind", default="clip")
    arguments.add_argument("--chunk", type=int, default=256 * 1024)
    arguments.add_argument("--cut-after", type=int)
    arguments.add_argument("--retries", type=int, default=3)
    arguments.add_argument("--sha256", help="say another digest than the file's own")
    given = arguments.parse_args()

    key = UnitKey(bytes.fromhex(pathlib.Path(given.seed_file).read_text().strip()))
    shim = Shim(Door(given.server, given.pin, key), given.cut_after)
    whole = pathlib.Path(given.file).read_bytes()
    uploader = TusClient(f"{shim.url}/api/v1/unit/uploads").uploader(
        given.file,
        chunk_size=given.chunk,
        metadata={
            "visit_id": given.visit,
            "kind": given.kind,
            "sha256": given.sha256 or hashlib.sha256(whole).hexdigest(),
        },
        retries=given.retries,
        retry_delay=0,
    )
    result = {"file_bytes": len(whole), "error": None}
    try:
        uploader.upload()
    except (TusUploadFailed, TusCommunicationError) as error:
        result["error"] = {"status": error.status_code, "text": str(error)}
    result["location"] = uploader.url and uploader.url.removeprefix(shim.url)
    result["requests"] = shim.seen
    json.dump(result, sys.stdout)


if __name__ == "__main__":
    main()
