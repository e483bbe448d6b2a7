"""An extension that does what it is told: in START before it registers, in REGISTERED after that, in INVOKE and SHUTDOWN when
it has received that event. Its argument is its name; it registers for EVENTS, as NAME if that is set."""

import os
import sys
import threading

from puppet import STEPS, Api, hang, launched, play, say

EXTENSION = "/2020-01-01/extension"

api = Api()
identifier = ""


def call(kind, connection, method, path, **headers):
    status, _, body = connection.call(method, EXTENSION + path, Extension_Identifier=identifier, **headers)
    say(kind, status, body.strip())
    return body


def poll():
    return call("event", api, "GET", "/event/next")


def poll_elsewhere():
    threading.Thread(target=lambda: call("elsewhere", Api(), "GET", "/event/next"), daemon=True).start()


def report(path, error_type):
    call(path, Api(), "POST", "/" + path, Extension_Function_Error_Type=error_type)


steps = STEPS | {"poll": poll, "poll-elsewhere": poll_elsewhere, "report": report}
misbehaves = launched(sys.argv[1])


def act(moment):
    if misbehaves:
        play(os.environ.get(moment, ""), steps)


act("START")
name = os.environ.get("NAME", sys.argv[1]) if misbehaves else sys.argv[1]
events = ", ".join(f'"{event}"' for event in os.environ.get("EVENTS", "INVOKE SHUTDOWN").split())
status, headers, body = api.call("POST", EXTENSION + "/register", '{"events": [%s]}' % events, Extension_Name=name)
say("register", status, body.strip())
identifier = headers.get("lambda-extension-identifier", "")
act("REGISTERED")
while True:
    event = poll()
    if '"INVOKE"' in event:
        act("INVOKE")
    elif '"SHUTDOWN"' in event:
        act("SHUTDOWN")
        break
    else:
        hang()
