"""A local proxy that signs what passes, for clients that speak tus but not our signatures.

The client talks plain HTTP to the shim on this machine; the shim adds digest and signature and
forwards to the units' door. It can cut one connection on the way, as a mobile link would.
"""

import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from apis_profile import Request, sign
from door import Door, read, start

# Not the end-to-end business of a request (RFC 9110 §7.6.1), or set anew when it is signed.
HOP_BY_HOP = {"host", "connection", "keep-alive", "te", "trailer", "upgrade", "content-length"}


class Shim:
    """Signs for `door`. `cut_after` bytes of a `PATCH`'s body the first connection is cut."""

    def __init__(self, door: Door, cut_after: int | None = None):
        self.door, self.cut_after = door, cut_after
        self.seen: list[dict] = []
        shim = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self):
                shim.forward(self)

            do_POST = do_PATCH = do_HEAD = do_DELETE = do_OPTIONS = do_GET = handle_any

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def forward(self, client: BaseHTTPRequestHandler) -> None:
        request = self.signed(client)
        connection = self.door.connect()
        try:
            start(connection, request, self.door.url)
            if request.method == "PATCH" and self.cut_after is not None:
                if len(request.body) > self.cut_after:
                    connection.send(request.body[: self.cut_after])
                    self.cut_after = None
                    hang_up(connection.sock)
                    self.note(request, None, {})
                    client.close_connection = True
                    client.connection.shutdown(socket.SHUT_RDWR)
                    return
            if request.body:
                connection.send(request.body)
            answer = read(connection)
        finally:
            connection.close()
        self.note(request, answer.status, answer.headers)
        self.reply(client, answer)

    def signed(self, client: BaseHTTPRequestHandler) -> Request:
        body = client.rfile.read(int(client.headers.get("Content-Length", "0")))
        headers = {
            name: value for name, value in client.headers.items() if name.lower() not in HOP_BY_HOP
        }
        if not body and client.command == "POST":
            headers["Content-Length"] = "0"
        request = Request(client.command, self.door.url + client.path, headers, body)
        sign(request, self.door.key)
        return request

    def reply(self, client: BaseHTTPRequestHandler, answer) -> None:
        client.send_response(answer.status)
        for name, value in answer.headers.items():
            if name not in HOP_BY_HOP and name != "transfer-encoding":
                # An absolute address would lead past the shim.
                client.send_header(name, value.replace(self.door.url, self.url))
        client.send_header("Content-Length", str(len(answer.body)))
        client.end_headers()
        if client.command != "HEAD":
            client.wfile.write(answer.body)

    def note(self, request: Request, status: int | None, headers: dict[str, str]) -> None:
        sent = {name.lower(): value for name, value in request.headers.items()}
        self.seen.append(
            {
                "method": request.method,
                "path": request.url.removeprefix(self.door.url),
                "body_bytes": len(request.body),
                "from_offset": sent.get("upload-offset"),
                "status": status,
                "offset": headers.get("upload-offset"),
                "state": headers.get("apis-upload-state"),
            }
        )


def hang_up(sock: socket.socket) -> None:
    """Ends the sending half and waits for the server to notice: what it keeps is then settled."""
    sock.settimeout(30)
    try:
        socket.socket.shutdown(sock, socket.SHUT_WR)
        while sock.recv(4096):
            pass
    except OSError:
        # A server that resets the connection noticed as well.
        pass
