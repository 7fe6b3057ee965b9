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
check ready GET api.flick.example /readyz 200 '' '"database" *: *"connected"
"redis" *: *"connected"' ''
check posts GET api.flick.example /api/v1/posts 200 '"posts":[' '' ''
check sign-in GET api.flick.example /api/auth/ok 200 '' '"ok" *: *true' ''
check 'WebSockets alone' GET api.flick.example '/socket.io/?EIO=4&transport=polling' 400 'Transport unknown' '' ''
check 'moderation is closed' GET api.flick.example /api/v1/admin/posts 401 '' '' ''
check OCR GET ocr.flick.example /healthz 200 '' '"success" *: *true' ''
check 'landing page' GET flick.example / 200 'Open Flick' '' ''
check web GET app.flick.example /sign-up 200 '<title>Flick</title>' '' ''
check 'deep link of admin' GET admin.flick.example /posts/1 200 'Flick moderation' '' ''
exit $failed
