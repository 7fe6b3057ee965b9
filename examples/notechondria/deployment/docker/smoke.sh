#!/bin/sh
# Written by `landfall export compose`. Change landfall.yaml and export again.
set -u
base=${1:-http://127.0.0.1:8080}
failed=0
body=$(mktemp)
head=$(mktemp)
trap 'rm -f "$body" "$head"' EXIT
# name, method, host, path, status, text, patterns, headers, more arguments for curl; patterns and headers are lines
check() {
  name=$1 method=$2 host=$3 path=$4 status=$5 text=$6 patterns=$7 headers=$8
  shift 8
  got=$(curl -sS -o "$body" -D "$head" -w '%{http_code}' -m 20 -X "$method" -H "Host: $host" "$@" -- "$base$path") || got=000
  why=
  [ "$got" = "$status" ] || why="status $got instead of $status"
  [ -z "$text" ] || grep -qF -e "$text" "$body" || why="${why:-the answer lacks: $text}"
  if [ -n "$patterns" ]; then
    while IFS= read -r pattern; do grep -q -e "$pattern" "$body" || why="${why:-the answer lacks: $pattern}"; done <<EOF
$patterns
EOF
  fi
  if [ -n "$headers" ]; then
    while IFS= read -r line; do
      grep -i "^${line%%:*}:" "$head" | grep -qF -e "${line#*: }" || why="${why:-the answer lacks the header $line}"
    done <<EOF
$headers
EOF
  fi
  if [ -z "$why" ]; then echo "ok      $name"; else echo "failed  $name: $why"; failed=1; fi
}
check alive GET api.notechondria.example / 200 '' '"status" *: *"ok"
"service" *: *"notechondria-backend"' ''
check ready GET api.notechondria.example /api/v1/health/ 200 '' '"status" *: *"ok"
"database" *: *"connected"' ''
check handshake GET api.notechondria.example /api/v1/handshake/ 200 '' '"service" *: *"notechondria-backend"
"api_version" *: *"v1"
"auth" *: *1
"notes" *: *1
"courses" *: *1
"planner" *: *1
"calendar_feeds" *: *1
"attachments" *: *1
"mcp" *: *1' ''
check 'handshake at the root' GET api.notechondria.example /handshake/ 200 '' '"service" *: *"notechondria-backend"' ''
check 'static files of the administration' GET api.notechondria.example /static/admin/css/base.css 200 '' '' 'content-type: text/css; charset=utf-8'
check administration GET api.notechondria.example /admin/login/ 200 'Log in' '' ''
check 'nobody is signed in' GET api.notechondria.example /api/v1/auth/session/ 200 '' '"authenticated" *: *false' ''
check 'wrong credentials' POST api.notechondria.example /api/v1/auth/login/ 400 '' '"code" *: *"wrong_credentials"' '' -H 'content-type: application/json' --data-binary '{"username":"nobody","password":"nothing-at-all"}'
check 'courses for everybody' GET api.notechondria.example /api/v1/front-page/ 200 '"courses":[' '' ''
check 'assistants need a key' POST api.notechondria.example /mcp/ 401 '' '' '' -H 'content-type: application/json' --data-binary '{"jsonrpc":"2.0","id":1,"method":"tools/list"}'
check 'assistants send with POST' GET api.notechondria.example /mcp/ 405 '' '' ''
check 'Google comes back' GET api.notechondria.example '/auth/google/callback?error=none' 302 '' '' ''
check 'GitHub comes back' GET api.notechondria.example '/auth/github/callback?error=none' 302 '' '' ''
check 'models are parked' POST api.notechondria.example /api/v1/gptutils/chat/ 501 '' '' '' -H 'content-type: application/json' --data-binary '{}'
check 'pages of other origins may ask' GET api.notechondria.example /api/v1/handshake/ 200 '' '' 'access-control-allow-origin: http://localhost' -H 'origin: http://localhost'
check 'the root leads to the portal' GET notechondria.example '/?from=check' 302 '' '' 'location: /Notechondria/portal/?from=check'
check portal GET notechondria.example /Notechondria/portal/ 200 '<title>Notechondria Portal</title>' '' ''
check editor GET notechondria.example /Notechondria/editor/ 200 '<title>Notechondria Editor</title>' '' ''
check planner GET notechondria.example /Notechondria/planner/ 200 '<title>Notechondria Planner</title>' '' ''
exit $failed
