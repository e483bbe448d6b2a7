"""A runtime that writes to its framed log what each event tells it to, then echoes the event: a list of steps such as
["frame", "text"]."""

import http.client
import json
import os
import struct
import sys
import time

TEXT, JSON, UNTIMED = 0xA55A0003, 0xA55A000E, 0xA55A0001
NO_LINE_FEED = 0x0006_0101_0101_0101  # as microseconds, where the time of day could have one in its bytes
log = int(os.environ.get("_LAMBDA_TELEMETRY_LOG_FD", "-1"))


def now():
    return time.time_ns() // 1000


def encode(text, kind=TEXT, length=None, micros=None):
    message = text.encode()
    header = struct.pack(">II", kind, len(message) if length is None else length)
    if kind != UNTIMED:
        header += struct.pack(">q", now() if micros is None else micros)
    return header + message


def write(data, portion=None):
    for start in range(0, len(data), portion or len(data)):
        rest = data[start : start + (portion or len(data))]
        while rest:
            rest = rest[os.write(log, rest) :]


def of_the_past():
    written = now()
    time.sleep(0.02)
    write(encode(str(written), micros=written))


steps = {
    "frame": lambda text: write(encode(text)),
    "json": lambda text: write(encode(text, JSON)),
    "untimed": lambda text: write(encode(text, UNTIMED)),
    "split": lambda text: write(encode(text), 3),
    "raw": lambda text: write(text.encode()),
    "too-long": lambda text: write(encode(text, length=0xFFFFFFF0, micros=NO_LINE_FEED)),
    "half": lambda text: write(encode(text, length=1000)),
    "written-before": of_the_past,
    "from-1970": lambda: write(encode(str(now()), micros=0)),
    "of-tomorrow": lambda: write(encode(str(now()), micros=now() + 86_400_000_000)),
    "descriptors": lambda: print(log, sorted(os.listdir("/proc/self/fd")), flush=True),
    "print": lambda text: print(text, flush=True),
    "complain": lambda text: print(text, file=sys.stderr, flush=True),
    "close": lambda: os.close(log),
    "exit": os._exit,
}

connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
while True:
    connection.request("GET", "/2018-06-01/runtime/invocation/next")
    response = connection.getresponse()
    request_id = response.headers["Lambda-Runtime-Aws-Request-Id"]
    event = response.read()
    for name, *arguments in json.loads(event):
        steps[name](*arguments)
    connection.request("POST", f"/2018-06-01/runtime/invocation/{request_id}/response", event)
    connection.getresponse().read()
