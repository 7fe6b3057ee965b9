#!/bin/sh
# Written by `landfall export dockerfile`. Change landfall.yaml and export again.
# Prepares what the component server of flick needs, then becomes it.
# LANDFALL_PREPARE=no in the environment starts a command without waiting and releasing: for tasks.
set -eu

: "${PORT:=8000}"
export PORT

# What must be set, or the app would fail later and say less.
missing=
[ -n "${DATABASE_URL-}" ] || missing="$missing DATABASE_URL"
[ -n "${REDIS_URL-}" ] || missing="$missing REDIS_URL"
[ -n "${BETTER_AUTH_SECRET-}" ] || missing="$missing BETTER_AUTH_SECRET"
if [ -n "$missing" ]; then
  echo "landfall: not set:$missing" >&2
  exit 78
fi
node /landfall/landfall.mjs env '{"BETTER_AUTH_SECRET":{"minLength":32},"ADMIN_PASSWORD":{"minLength":8}}'

if [ "${LANDFALL_PREPARE:-yes}" != no ]; then
  node /landfall/landfall.mjs wait REDIS_URL DATABASE_URL
  # One container at a time, however many start at once.
  node /landfall/landfall.mjs lock DATABASE_URL 'release of flick' -- /bin/sh /landfall/release.sh
fi

# Some platforms pass no arguments at all: then it is what the manifest says.
if [ $# -eq 0 ]; then
  set -- node server.js
fi
exec "$@"
