#!/bin/sh
# Written by `landfall export northflank`. Change landfall.yaml and export again.
# Prepares what the component backend of notechondria needs, then becomes it.
# LANDFALL_PREPARE=no in the environment starts a command without waiting and releasing: for tasks.
set -eu

: "${PORT:=8000}"
export PORT

# What must be set, or the app would fail later and say less.
missing=
[ -n "${DJANGO_SECRET_KEY-}" ] || missing="$missing DJANGO_SECRET_KEY"
[ -n "${DATABASE_URL-}" ] || missing="$missing DATABASE_URL"
[ -n "${SMTP_HOST-}" ] || missing="$missing SMTP_HOST"
[ -n "${SMTP_PORT-}" ] || missing="$missing SMTP_PORT"
[ -n "${SMTP_USERNAME-}" ] || missing="$missing SMTP_USERNAME"
[ -n "${SMTP_PASSWORD-}" ] || missing="$missing SMTP_PASSWORD"
[ -n "${SMTP_FROM_EMAIL-}" ] || missing="$missing SMTP_FROM_EMAIL"
if [ -n "$missing" ]; then
  echo "landfall: not set:$missing" >&2
  exit 78
fi
set=0
[ -z "${CLOUDFLARE_R2_BUCKET_NAME-}" ] || set=$((set + 1))
[ -z "${CLOUDFLARE_R2_ACCOUNT_ID-}" ] || set=$((set + 1))
[ -z "${CLOUDFLARE_R2_ACCESS_KEY_ID-}" ] || set=$((set + 1))
[ -z "${CLOUDFLARE_R2_SECRET_ACCESS_KEY-}" ] || set=$((set + 1))
if [ "$set" -ne 0 ] && [ "$set" -ne 4 ]; then
  echo 'landfall: r2: all or none of them must be set: CLOUDFLARE_R2_BUCKET_NAME CLOUDFLARE_R2_ACCOUNT_ID CLOUDFLARE_R2_ACCESS_KEY_ID CLOUDFLARE_R2_SECRET_ACCESS_KEY' >&2
  exit 78
fi
set=0
[ -z "${GOOGLE_OAUTH_CLIENT_ID-}" ] || set=$((set + 1))
[ -z "${GOOGLE_OAUTH_CLIENT_SECRET-}" ] || set=$((set + 1))
[ -z "${GOOGLE_AUTHORIZED_REDIRECT_URI-}" ] || set=$((set + 1))
if [ "$set" -ne 0 ] && [ "$set" -ne 3 ]; then
  echo 'landfall: google: all or none of them must be set: GOOGLE_OAUTH_CLIENT_ID GOOGLE_OAUTH_CLIENT_SECRET GOOGLE_AUTHORIZED_REDIRECT_URI' >&2
  exit 78
fi
set=0
[ -z "${GITHUB_APP_CLIENT_ID-}" ] || set=$((set + 1))
[ -z "${GITHUB_APP_CLIENT_SECRET-}" ] || set=$((set + 1))
[ -z "${GITHUB_AUTHORIZED_REDIRECT_URI-}" ] || set=$((set + 1))
if [ "$set" -ne 0 ] && [ "$set" -ne 3 ]; then
  echo 'landfall: github: all or none of them must be set: GITHUB_APP_CLIENT_ID GITHUB_APP_CLIENT_SECRET GITHUB_AUTHORIZED_REDIRECT_URI' >&2
  exit 78
fi
node /landfall/landfall.mjs env '{"DJANGO_SECRET_KEY":{"minLength":32},"DJANGO_SUPERUSER_PASSWORD":{"minLength":8}}'

if [ "${LANDFALL_PREPARE:-yes}" != no ]; then
  node /landfall/landfall.mjs wait DATABASE_URL SMTP_HOST:SMTP_PORT
  # One container at a time, however many start at once.
  node /landfall/landfall.mjs lock DATABASE_URL 'release of notechondria' -- /bin/sh /landfall/release.sh
fi

# Some platforms pass no arguments at all: then it is what the manifest says.
if [ $# -eq 0 ]; then
  set -- node server.js
fi
exec "$@"
