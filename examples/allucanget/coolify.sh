#!/bin/sh
# Written by `landfall export coolify`. Change landfall.yaml and export again.
# Makes allucanget in Coolify, and brings what is there up to date. The same calls as data are in coolify.json.
#   COOLIFY_URL=https://coolify.example.org COOLIFY_TOKEN=… COOLIFY_SERVER=<uuid> sh coolify.sh
set -eu
: "${COOLIFY_URL:?address of Coolify}"
: "${COOLIFY_TOKEN:?a token with rights to write, from Keys and Tokens}"

: "${COOLIFY_SERVER:?uuid of the server, from Servers in the dashboard}"

state=${COOLIFY_STATE:-coolify.state}
touch "$state"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
# The token goes into a file: everybody on a machine sees the arguments of its programs.
(umask 077 && printf 'Authorization: Bearer %s\n' "$COOLIFY_TOKEN" >"$folder/token")

known() { sed -n "s/^$1=//p" "$state" | tail -n 1; }
note() { printf '%s=%s\n' "$1" "$2" >>"$state"; }
# A text as it stands inside of JSON.
json() { printf %s "$1" | sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/	/\\t/g' | awk 'NR > 1 { printf "\\n" } { printf "%s", $0 }'; }
field() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p" "$folder/answer" | head -n 1 | sed 's#\\/#/#g'; }
call() { # <method> <path>, the body on stdin
  status=$(curl --silent --show-error --output "$folder/answer" --write-out '%{http_code}' --request "$1" \
    --header @"$folder/token" --header 'Content-Type: application/json' --data-binary @- "$COOLIFY_URL/api/v1$2")
  case $status in
    2??) ;;
    *) echo "$1 $2 answered $status: $(cat "$folder/answer")" >&2; exit 1 ;;
  esac
}

# Made at the first run, and kept by Coolify alone.
[ -n "$(known env_backend_JWT_SECRET)" ] || : "${JWT_SECRET:=$(openssl rand -hex 32)}"
[ -n "$(known env_frontend_SECRET_KEY)" ] || : "${SECRET_KEY:=$(openssl rand -hex 32)}"

PROJECT=$(known project)
if [ -z "$PROJECT" ]; then
  echo 'project allucanget' >&2
  call POST "/projects" <<JSON
{
  "name": "allucanget"
}
JSON
  PROJECT=$(field uuid)
  note project "$PROJECT"
fi

BACKEND_UUID=$(known app_backend)
if [ -z "$BACKEND_UUID" ]; then
  echo 'application backend' >&2
  call POST "/applications/public" <<JSON
{
  "project_uuid": "$(json "$PROJECT")",
  "server_uuid": "$(json "$COOLIFY_SERVER")",
  "environment_name": "production",
  "name": "allucanget-backend",
  "git_repository": "https://git.allucanget.biz/allucanget/ai.allucanget.biz.git",
  "git_branch": "main",
  "build_pack": "nixpacks",
  "base_directory": "/backend",
  "ports_exposes": "12015",
  "health_check_enabled": true,
  "health_check_path": "/health",
  "health_check_port": "12015",
  "health_check_interval": 2,
  "health_check_timeout": 6,
  "health_check_retries": 15,
  "health_check_start_period": 1,
  "limits_memory": "512m",
  "stop_grace_period": 15,
  "instant_deploy": false
}
JSON
  BACKEND_UUID=$(field uuid)
  note app_backend "$BACKEND_UUID"
fi

echo 'variables of backend' >&2
call PATCH "/applications/${BACKEND_UUID}/envs/bulk" <<JSON
{
  "data": [
    {
      "key": "DATA_DIR",
      "value": "/data/data",
      "is_literal": true,
      "is_multiline": false,
      "is_shown_once": false,
      "is_runtime": true,
      "is_buildtime": false
    },
    {
      "key": "VIDEO_POLL_SECONDS",
      "value": "2",
      "is_literal": true,
      "is_multiline": false,
      "is_shown_once": false,
      "is_runtime": true,
      "is_buildtime": false,
      "comment": "time between two looks at the queue of videos"
    },
    {
      "key": "LOG_LEVEL",
      "value": "info",
      "is_literal": true,
      "is_multiline": false,
      "is_shown_once": false,
      "is_runtime": true,
      "is_buildtime": false
    },
    {
      "key": "VIDEO_SECONDS",
      "value": "3",
      "is_literal": true,
      "is_multiline": false,
      "is_shown_once": false,
      "is_runtime": true,
      "is_buildtime": false,
      "comment": "how long the stand-in for the video service takes"
    }
  ]
}
JSON

if [ -n "${JWT_SECRET-}" ]; then
  echo 'JWT_SECRET of backend' >&2
  call PATCH "/applications/${BACKEND_UUID}/envs/bulk" <<JSON
{
  "data": [
    {
      "key": "JWT_SECRET",
      "value": "$(json "$JWT_SECRET")",
      "is_literal": true,
      "is_multiline": false,
      "is_shown_once": true,
      "is_runtime": true,
      "is_buildtime": false,
      "comment": "signs access and refresh tokens"
    }
  ]
}
JSON
  note env_backend_JWT_SECRET yes
elif [ -z "$(known env_backend_JWT_SECRET)" ]; then
  echo 'JWT_SECRET of backend is missing: it was made in an earlier run that did not come to its end' >&2
  exit 1
fi

BACKEND_DATA=$(known volume_backend_data)
if [ -z "$BACKEND_DATA" ]; then
  echo 'volume data' >&2
  call POST "/applications/${BACKEND_UUID}/storages" <<JSON
{
  "type": "persistent",
  "name": "data",
  "mount_path": "/data/data"
}
JSON
  BACKEND_DATA=$(field uuid)
  note volume_backend_data "$BACKEND_DATA"
fi

echo 'deploy backend' >&2
call POST "/deploy?uuid=${BACKEND_UUID}&force=false" <<JSON
{}
JSON

FRONTEND_UUID=$(known app_frontend)
if [ -z "$FRONTEND_UUID" ]; then
  echo 'application frontend' >&2
  call POST "/applications/public" <<JSON
{
  "project_uuid": "$(json "$PROJECT")",
  "server_uuid": "$(json "$COOLIFY_SERVER")",
  "environment_name": "production",
  "name": "allucanget-frontend",
  "git_repository": "https://git.allucanget.biz/allucanget/ai.allucanget.biz.git",
  "git_branch": "main",
  "build_pack": "nixpacks",
  "base_directory": "/frontend",
  "ports_exposes": "12016",
  "domains": "https://ai.allucanget.biz:12016",
  "health_check_enabled": true,
  "health_check_path": "/health",
  "health_check_port": "12016",
  "health_check_interval": 2,
  "health_check_timeout": 6,
  "health_check_retries": 15,
  "health_check_start_period": 1,
  "limits_memory": "256m",
  "stop_grace_period": 10,
  "instant_deploy": false
}
JSON
  FRONTEND_UUID=$(field uuid)
  note app_frontend "$FRONTEND_UUID"
fi

echo 'variables of frontend' >&2
call PATCH "/applications/${FRONTEND_UUID}/envs/bulk" <<JSON
{
  "data": [
    {
      "key": "BACKEND_URL",
      "value": "http://allucanget-backend:12015",
      "is_literal": true,
      "is_multiline": false,
      "is_shown_once": false,
      "is_runtime": true,
      "is_buildtime": false
    }
  ]
}
JSON

if [ -n "${SECRET_KEY-}" ]; then
  echo 'SECRET_KEY of frontend' >&2
  call PATCH "/applications/${FRONTEND_UUID}/envs/bulk" <<JSON
{
  "data": [
    {
      "key": "SECRET_KEY",
      "value": "$(json "$SECRET_KEY")",
      "is_literal": true,
      "is_multiline": false,
      "is_shown_once": true,
      "is_runtime": true,
      "is_buildtime": false,
      "comment": "signs the cookie that holds a visitor's tokens"
    }
  ]
}
JSON
  note env_frontend_SECRET_KEY yes
elif [ -z "$(known env_frontend_SECRET_KEY)" ]; then
  echo 'SECRET_KEY of frontend is missing: it was made in an earlier run that did not come to its end' >&2
  exit 1
fi

echo 'deploy frontend' >&2
call POST "/deploy?uuid=${FRONTEND_UUID}&force=false" <<JSON
{}
JSON

echo "done: $COOLIFY_URL" >&2
