#!/bin/sh
# Written by `landfall export cloudron`. Change landfall.yaml and export again.
set -u
case ${1-} in
  '') echo "usage: $0 <domain or address>" >&2; exit 2 ;;
  http://* | https://*) base=${1%/} ;;
  *) base=https://$1 ;;
esac
failed=0
body=$(mktemp)
head=$(mktemp)
trap 'rm -f "$body" "$head"' EXIT
# name, method, path, status, text, patterns, headers, more arguments for curl; patterns and headers are lines
check() {
  name=$1 method=$2 path=$3 status=$4 text=$5 patterns=$6 headers=$7
  shift 7
  got=$(curl -sS -o "$body" -D "$head" -w '%{http_code}' -m 20 -X "$method" "$@" -- "$base$path") || got=000
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
check healthy GET /api/health 200 '' '"ok" *: *true
"database" *: *"connected"' ''
check templates GET /api/templates 200 '"templates":[' '' ''
check rules GET /api/rules 200 '"rules":[' '' ''
check home GET / 200 'Decide together' '' ''
check 'nobody is signed in' GET /api/auth/session 200 '' '"user" *: *null' ''
exit $failed
