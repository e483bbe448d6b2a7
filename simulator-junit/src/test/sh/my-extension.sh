#!/bin/sh
# A whole extension in shell and curl: registers, then asks for one event after the other until SHUTDOWN.
api="http://$AWS_LAMBDA_RUNTIME_API/2020-01-01/extension"
id=$(curl -sS -i -X POST "$api/register" -H 'Lambda-Extension-Name: my-extension' \
    -d '{"events":["INVOKE","SHUTDOWN"]}' | tr -d '\r' | sed -n 's/^[Ll]ambda-[Ee]xtension-[Ii]dentifier: //p')
while event=$(curl -sS "$api/event/next" -H "Lambda-Extension-Identifier: $id"); do
    echo "$event"
    case $event in *SHUTDOWN*) exit 0 ;; esac
done
