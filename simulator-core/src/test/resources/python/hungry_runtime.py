"""A runtime that takes as many MB as its event says: for a moment, for ever, or until somebody ends it."""

import http.client
import json
import os
import threading

connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
kept = []


def call(method, path, body=None):
    connection.request(method, "/2018-06-01/runtime/invocation/" + path, body)
    response = connection.getresponse()
    return response.getheader("Lambda-Runtime-Aws-Request-Id"), response.read()


while True:
    request_id, event = call("GET", "next")
    wish = json.loads(event)
    memory = b"x" * (wish.get("MB", 0) << 20)
    if "keep" in wish:
        kept.append(memory)
    del memory
    if "hang" in wish:
        threading.Event().wait()
    call("POST", request_id + "/response", event)
