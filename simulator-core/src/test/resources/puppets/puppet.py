"""What both puppets are made of: a client of the APIs, which is quicker to start than http.client, and the steps they know.

A participant misbehaves in its first LAUNCHES launches (1 unless set) and behaves from then on; the directory STATE keeps count.
"""

import os
import signal
import socket
import sys
import threading
import time

STATE = os.environ["STATE"]


class Api:
    """One connection to the APIs."""

    def __init__(self):
        host, port = os.environ["AWS_LAMBDA_RUNTIME_API"].split(":")
        self.socket = socket.create_connection((host, int(port)))
        self.stream = self.socket.makefile("rb")

    def call(self, method, path, body="", **headers):
        """Returns the status, the headers by their names in lower case, and the body."""
        content = body.encode()
        lines = [f"{method} {path} HTTP/1.1", "Host: lambda", f"Content-Length: {len(content)}"]
        lines += [f"Lambda-{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        self.socket.sendall("\r\n".join(lines + ["", ""]).encode() + content)
        status = int(self.stream.readline().split()[1])
        answered = {}
        for line in iter(lambda: self.stream.readline().strip().decode(), ""):
            name, value = line.split(":", 1)
            answered[name.lower()] = value.strip()
        return status, answered, self.stream.read(int(answered.get("content-length", 0))).decode()


def say(*words):
    print(*words, flush=True)


def launched(name):
    """Counts a launch and says whether this is one in which to misbehave."""
    with open(os.path.join(STATE, name + ".launches"), "a") as launches:
        launches.write(".")
        launches.flush()
        return launches.tell() <= int(os.environ.get("LAUNCHES", "1"))


def mark(name):
    open(os.path.join(STATE, name), "w").close()


def wait_for(name):
    while not os.path.exists(os.path.join(STATE, name)):
        time.sleep(0.005)


def hang():
    while True:
        signal.pause()


def leave(code):
    sys.stdout.flush()
    os._exit(int(code))


def die(name):
    os.kill(os.getpid(), getattr(signal, "SIG" + name))
    hang()


def lines(count, text="x"):
    """Writes many lines at once, which take longer to read than to write."""
    unwritten = memoryview((text + "\n").encode() * int(count))
    while unwritten:
        unwritten = unwritten[os.write(1, unwritten) :]


def flood():
    def forever():
        while True:
            lines(1000)

    threading.Thread(target=forever, daemon=True).start()


def leave_behind():
    """A descendant that has a session of its own and keeps the output open."""
    os.posix_spawnp("sleep", ["sleep", "1000"], os.environ, setsid=True)


def fork():
    """A child that keeps every connection and the output open."""
    if os.fork() == 0:
        os.setsid()
        hang()


STEPS = {
    "exit": leave,
    "signal": die,
    "hang": hang,
    "ignore": lambda name: signal.signal(getattr(signal, "SIG" + name), signal.SIG_IGN),
    "mark": mark,
    "await": wait_for,
    "lines": lines,
    "flood": flood,
    "leave-behind": leave_behind,
    "fork": fork,
}


def play(script, steps):
    """Takes steps such as "report Extension.Tired; exit 3"."""
    for step in filter(None, (part.strip() for part in script.split(";"))):
        words = step.split()
        steps[words[0]](*words[1:])


# Tells a participant to end by itself while it waits for its next event.
signal.signal(signal.SIGUSR1, lambda number, frame: leave(7))
