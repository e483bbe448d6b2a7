#!/usr/bin/env python3
"""A Lambda runtime in one file of standard Python. Put your function in place of handle() and start_up().

Run it in a test: LambdaSimulator.builder().runtime(Command.of("python3", "python/runtime.py"))

What it asks of the Runtime API: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

import http.client
import json
import os
import sys
import threading
import traceback


def start_up():
    """What a function does once, before its first invocation."""
    if "FAIL_INIT" in os.environ:
        raise RuntimeError(os.environ["FAIL_INIT"])


def handle(event):
    """Echoes its event, unless the event says what to do instead."""
    action = event.get("do") if isinstance(event, dict) else None
    if action == "fail":
        raise ValueError(event.get("because", "asked to fail"))
    if action == "crash":
        sys.exit(3)
    if action == "hang":
        threading.Event().wait()
    if action == "list environment":
        return " ".join(sorted(os.environ))
    return event


class RuntimeApi:
    """The Runtime API, over one connection that stays open."""

    def __init__(self, address):
        self.connection = http.client.HTTPConnection(address)

    def next(self):
        """Waits for the next invocation, however long that takes; returns its request id and its event."""
        response, body = self.call("GET", "/invocation/next")
        if response.status != 200:
            raise RuntimeError(f"next was answered with {response.status}: {body.decode()}")
        return response.getheader("Lambda-Runtime-Aws-Request-Id"), body

    def respond(self, request_id, result):
        self.call("POST", f"/invocation/{request_id}/response", json.dumps(result, ensure_ascii=False).encode())

    def report(self, path, error):
        body = json.dumps(
            {
                "errorMessage": str(error),
                "errorType": type(error).__name__,
                "stackTrace": traceback.format_tb(error.__traceback__),
            },
            ensure_ascii=False,
        )
        print(body, file=sys.stderr, flush=True)
        self.call("POST", path, body.encode(), {"Lambda-Runtime-Function-Error-Type": f"Runtime.{type(error).__name__}"})

    def call(self, method, path, body=None, headers=None):
        self.connection.request(method, "/2018-06-01/runtime" + path, body, headers or {})
        response = self.connection.getresponse()
        return response, response.read()


def main():
    api = RuntimeApi(os.environ["AWS_LAMBDA_RUNTIME_API"])
    try:
        start_up()
    except Exception as error:
        api.report("/init/error", error)
        sys.exit(1)
    while True:
        request_id, event = api.next()
        try:
            result = handle(json.loads(event))
        except Exception as error:
            api.report(f"/invocation/{request_id}/error", error)
        else:
            api.respond(request_id, result)


if __name__ == "__main__":
    main()
