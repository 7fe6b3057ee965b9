import type { App } from '../../model/app.ts'
import { quote } from '../../translate/image/shell.ts'
import { writtenBy } from '../../translate/written-by.ts'
import { serviceName, serviceType } from './values.ts'

/** render-deploy.sh: deploys each service by Render's API, in the order of the manifest, and waits until it is live. */
export function deployScript(app: App): string {
  const names = app.components.filter((c) => serviceType(app, c) !== undefined).map((c) => serviceName(app, c.name))
  return `#!/bin/sh
# ${writtenBy('render')}
# Deploys the services of ${app.name} as they are in git, one after the other. The first that fails ends it.
# RENDER_API_KEY is a key of the account: Account Settings → API Keys.
set -eu

: "\${RENDER_API:=https://api.render.com/v1}"
: "\${RENDER_TRIES:=180}"
if [ -z "\${RENDER_API_KEY-}" ]; then
  echo 'RENDER_API_KEY is not set' >&2
  exit 2
fi

# The key goes in by a pipe: arguments are seen by every user of the machine.
call() {
  method=$1
  path=$2
  shift 2
  printf 'Authorization: Bearer %s\\n' "$RENDER_API_KEY" | curl -fsS -X "$method" -H @- "$@" "$RENDER_API$path"
}

# The first value of a name in JSON.
value() {
  tr '{},' '[\\n*]' | sed -n "s/^[[:space:]]*\\"$1\\"[[:space:]]*:[[:space:]]*\\"\\([^\\"]*\\)\\".*/\\1/p" | head -n 1
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
    sleep "\${RENDER_PAUSE:-10}"
  done
  echo "$1: not live in time, last seen $status" >&2
  return 1
}

${names.map((n) => `deploy ${quote(n)}`).join('\n')}
`
}
