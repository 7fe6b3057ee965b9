#!/bin/sh
# Written by `landfall export cloudron`. Change landfall.yaml and export again.
# Prepares what the component web of communityrule needs, then becomes it.
# LANDFALL_PREPARE=no in the environment starts a command without waiting and releasing: for tasks.
set -eu

# A restored or cloned app has folders of another owner: it is set at every start.
mkdir -p /app/data /app/data/uploads
chown -R app:app /app/data
export HOME=/tmp

# Made at the first start. What `cloudron env set` says takes its place.
mkdir -p /app/data/.secrets && chown -R root:root /app/data/.secrets && chmod 700 /app/data/.secrets
[ -s /app/data/.secrets/SESSION_SECRET ] || (umask 077 && od -An -vtx1 -N32 /dev/urandom | tr -d ' \n' >/app/data/.secrets/.new && mv /app/data/.secrets/.new /app/data/.secrets/SESSION_SECRET)
[ -n "${SESSION_SECRET-}" ] || SESSION_SECRET=$(cat /app/data/.secrets/SESSION_SECRET)
export SESSION_SECRET

: "${PORT:=3000}"
export PORT
[ -n "${SMTP_FROM-}" ] || SMTP_FROM="${CLOUDRON_MAIL_FROM}"
export SMTP_FROM

# What must be set, or the app would fail later and say less.
missing=
[ -n "${CLOUDRON_POSTGRESQL_URL-}" ] || missing="$missing CLOUDRON_POSTGRESQL_URL"
[ -n "${SESSION_SECRET-}" ] || missing="$missing SESSION_SECRET"
[ -n "${CLOUDRON_MAIL_SMTP_SERVER-}" ] || missing="$missing CLOUDRON_MAIL_SMTP_SERVER"
[ -n "${CLOUDRON_MAIL_SMTP_PORT-}" ] || missing="$missing CLOUDRON_MAIL_SMTP_PORT"
[ -n "${CLOUDRON_MAIL_SMTP_USERNAME-}" ] || missing="$missing CLOUDRON_MAIL_SMTP_USERNAME"
[ -n "${CLOUDRON_MAIL_SMTP_PASSWORD-}" ] || missing="$missing CLOUDRON_MAIL_SMTP_PASSWORD"
if [ -n "$missing" ]; then
  echo "landfall: not set:$missing" >&2
  exit 78
fi
node /landfall/landfall.mjs env '{"SESSION_SECRET":{"minLength":16},"BENCH":{"pattern":"[01]"}}'

if [ "${LANDFALL_PREPARE:-yes}" != no ]; then
  node /landfall/landfall.mjs wait CLOUDRON_POSTGRESQL_URL CLOUDRON_MAIL_SMTP_SERVER:CLOUDRON_MAIL_SMTP_PORT
  # One container at a time, however many start at once.
  node /landfall/landfall.mjs lock CLOUDRON_POSTGRESQL_URL 'release of communityrule' -- /bin/sh /landfall/release.sh
fi

# Some platforms pass no arguments at all: then it is what the manifest says.
if [ $# -eq 0 ]; then
  set -- node server.js
fi
exec gosu app:app "$@"
