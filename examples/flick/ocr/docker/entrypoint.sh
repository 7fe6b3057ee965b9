#!/bin/sh
# Written by `landfall export dockerfile`. Change landfall.yaml and export again.
# Prepares what the component ocr of flick needs, then becomes it.
# LANDFALL_PREPARE=no in the environment starts a command without waiting and releasing: for tasks.
set -eu

: "${PORT:=8003}"
export PORT

# What must be set, or the app would fail later and say less.
missing=
[ -n "${SERVER_URI-}" ] || missing="$missing SERVER_URI"
if [ -n "$missing" ]; then
  echo "landfall: not set:$missing" >&2
  exit 78
fi

# Some platforms pass no arguments at all: then it is what the manifest says.
if [ $# -eq 0 ]; then
  set -- node src/server.ts
fi
exec "$@"
