#!/usr/bin/env python3
"""A Lambda extension in one file of standard Python, which prints what it receives.

Run it in a test: LambdaSimulator.builder().extension("extension.py", Command.of("python3", "python/extension.py"))

What it asks of the Extensions API: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html
"""

import http.client
import json
import os
import sys


def main():
    # AWS knows an extension by the name of its file in /opt/extensions.
    name = os.path.basename(sys.argv[0])
    print("environment", *sorted(os.environ), flush=True)
    connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])

    response, _ = call(
        connection,
        "POST",
        "/register",
        json.dumps({"events": ["INVOKE", "SHUTDOWN"]}),
        {"Lambda-Extension-Name": name},
    )
    identifier = response.getheader("Lambda-Extension-Identifier")

    while True:
        # Asking for the next event also says that the work for the one before is done. Waits without a time limit,
        # because the environment may be frozen meanwhile.
        _, body = call(connection, "GET", "/event/next", headers={"Lambda-Extension-Identifier": identifier})
        print(body.decode(), flush=True)
        event_type = json.loads(body)["eventType"]
        if event_type == os.environ.get("CRASH_ON"):
            sys.exit(4)
        if event_type == "SHUTDOWN":
            return


def call(connection, method, path, body=None, headers=None):
    connection.request(method, "/2020-01-01/extension" + path, body, headers or {})
    response = connection.getresponse()
    content = response.read()
    if response.status != 200:
        sys.exit(f"{method} {path} was answered with {response.status}: {content.decode()}")
    return response, content


if __name__ == "__main__":
    main()
