#!/bin/sh
# Written by `landfall export render`. Change landfall.yaml and export again.
# Deploys the services of notechondria as they are in git, one after the other. The first that fails ends it.
# RENDER_API_KEY is a key of the account: Account Settings → API Keys.
set -eu

: "${RENDER_API:=https://api.render.com/v1}"
: "${RENDER_TRIES:=180}"
if [ -z "${RENDER_API_KEY-}" ]; then
  echo 'RENDER_API_KEY is not set' >&2
  exit 2
fi

# The key goes in by a pipe: arguments are seen by every user of the machine.
call() {
  method=$1
  path=$2
  shift 2
  printf 'Authorization: Bearer %s\n' "$RENDER_API_KEY" | curl -fsS -X "$method" -H @- "$@" "$RENDER_API$path"
}

# The first value of a name in JSON.
value() {
  tr '{},' '[\n*]' | sed -n "s/^[[:space:]]*\"$1\"[[:space:]]*:[[:space:]]*\"\([^\"]*\)\".*/\1/p" | head -n 1
}

deploy() {
  service=$(call GET "/services?name=$1&limit=1" | value id)
  if [ -z "$service" ]; then
    echo "there is no service $1: make the Blueprint first" >&2
    return 1
  fi
  deployment=$(call POST "/services/$service/deploys" -H 'Content-Type: application/json' -d '{}' | value id)
  echo "$1: $deployment begins" >&2
  tries=0
  while [ "$tries" -lt "$RENDER_TRIES" ]; do
    status=$(call GET "/services/$service/deploys/$deployment" | value status)
    case $status in
      live)
        echo "$1: live" >&2
        return 0
        ;;
      *failed | canceled | deactivated)
        echo "$1: $status" >&2
        return 1
        ;;
    esac
    tries=$((tries + 1))
    sleep "${RENDER_PAUSE:-10}"
  done
  echo "$1: not live in time, last seen $status" >&2
  return 1
}

deploy notechondria-backend
deploy notechondria-editor
deploy notechondria-planner
deploy notechondria-portal
