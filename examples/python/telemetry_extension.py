#!/usr/bin/env python3
"""An extension that lives from telemetry, in one file of standard Python: it subscribes over HTTP or, with the argument "tcp", over
TCP, keeps what arrives, and dispatches it after each invocation and before it ends. Dispatching is printing here.

Run it in a test: LambdaSimulator.builder().extension("telemetry_extension.py", Command.of("python3", "python/telemetry_extension.py"))

What it asks of the Telemetry API: https://docs.aws.amazon.com/lambda/latest/dg/telemetry-api.html
"""

import http.client
import http.server
import json
import os
import queue
import socketserver
import sys
import threading

NAME = os.path.basename(__file__)
received = queue.Queue()


class HttpListener(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        for event in json.loads(self.rfile.read(int(self.headers["Content-Length"]))):
            received.put(event)
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *arguments):
        pass


class TcpListener(socketserver.StreamRequestHandler):
    def handle(self):
        for line in self.rfile:
            received.put(json.loads(line))


def listen(protocol):
    """The listener has to be there before anybody subscribes."""
    if protocol == "TCP":
        server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), TcpListener)
        destination = {"protocol": "TCP", "port": server.server_address[1]}
    else:
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), HttpListener)
        destination = {"protocol": "HTTP", "URI": f"http://sandbox.localdomain:{server.server_address[1]}/"}
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return destination


def call(method, path, headers, body=None):
    connection.request(method, path, body=None if body is None else json.dumps(body), headers=headers)
    response = connection.getresponse()
    content = response.read()
    if response.status != 200:
        sys.exit(f"{path} was answered with {response.status} {content.decode()}")
    return response, content


def dispatch(until, request_id):
    """Prints what there is, and waits for one record of an invocation first."""
    while request_id or not received.empty():
        event = received.get(timeout=5)
        print("dispatched", event["type"], json.dumps(event["record"]), flush=True)
        if event["type"] == until and event["record"]["requestId"] == request_id:
            request_id = None


connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
response, _ = call(
    "POST", "/2020-01-01/extension/register", {"Lambda-Extension-Name": NAME}, {"events": ["INVOKE", "SHUTDOWN"]}
)
identity = {"Lambda-Extension-Identifier": response.headers["Lambda-Extension-Identifier"]}
call(
    "PUT",
    "/2022-07-01/telemetry",
    identity | {"Content-Type": "application/json"},
    {
        "schemaVersion": "2022-12-13",
        "types": ["platform", "function"],
        "buffering": {"maxItems": 1000, "maxBytes": 256 * 1024, "timeoutMs": 25},
        "destination": listen(sys.argv[1].upper() if len(sys.argv) > 1 else "HTTP"),
    },
)
last = None
while True:
    _, content = call("GET", "/2020-01-01/extension/event/next", identity)
    event = json.loads(content)
    if event["eventType"] == "SHUTDOWN":
        dispatch("platform.report", last)  # over TCP it may still be on its way
        break
    last = event["requestId"]
    dispatch("platform.runtimeDone", last)
