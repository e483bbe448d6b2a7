"""A runtime that does what it is told: in START before it first asks for an invocation, and by payloads such as
"do respond; exit 1". Any other payload it echoes."""

import os
import threading

from puppet import STEPS, Api, launched, mark, play, say

RUNTIME = "/2018-06-01/runtime"
EXTENSION = "/2020-01-01/extension"

api = Api()
internal = {}
current = {}


def respond():
    say("response", api.call("POST", f"{RUNTIME}/invocation/{current['id']}/response", current["payload"])[0])
    mark("answered")


def begin_response(text, *streaming):
    """Sends the begin of a response, which has no end yet."""
    lines = [f"POST {RUNTIME}/invocation/{current['id']}/response HTTP/1.1", "Host: lambda"]
    if streaming:
        lines += ["Lambda-Runtime-Function-Response-Mode: streaming", "Transfer-Encoding: chunked"]
        text = f"{len(text):x}\r\n{text}\r\n"
    else:
        lines += ["Content-Length: 1000"]
    api.socket.sendall("\r\n".join(lines + ["", text]).encode())


def init_error(error_type):
    body = '{"errorType": "%s",  "errorMessage": "as the runtime worded it"}' % error_type
    say("init/error", api.call("POST", RUNTIME + "/init/error", body, Runtime_Function_Error_Type=error_type)[0])


def register(name):
    _, headers, _ = Api().call("POST", EXTENSION + "/register", '{"events": ["INVOKE"]}', Extension_Name=name)
    internal[name] = headers["lambda-extension-identifier"]


def poll(name):
    """The internal extension goes on by itself."""

    def events():
        connection = Api()
        while connection.call("GET", EXTENSION + "/event/next", Extension_Identifier=internal[name])[0] == 200:
            pass

    threading.Thread(target=events, daemon=True).start()


steps = STEPS | {"respond": respond, "begin-response": begin_response, "init-error": init_error, "register": register, "poll": poll}
if launched("runtime"):
    play(os.environ.get("START", ""), steps)
else:
    play(os.environ.get("LATER", ""), steps)
while True:
    _, headers, payload = api.call("GET", RUNTIME + "/invocation/next")
    current.update(id=headers["lambda-runtime-aws-request-id"], payload=payload)
    if payload.startswith('"do '):
        play(payload.strip('"')[3:], steps)
    else:
        respond()
