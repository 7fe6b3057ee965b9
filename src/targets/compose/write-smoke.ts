import type { Entry } from '../../model/target.ts'
import { writtenBy } from '../../translate/written-by.ts'
import { quote } from './dockerfile.ts'
import type { Draft } from './draft.ts'

const METHODS = ['get', 'post', 'put', 'patch', 'delete', 'head']

/** `smoke.sh`: the checks that curl can ask, one line each. What it cannot look at is said. */
export function writeSmoke(draft: Draft): void {
  const checks = draft.context.manifest.get('checks')
  const calls = checks.items().flatMap((check) => callOf(draft, check))
  if (calls.length === 0) return
  draft.files['smoke.sh'] = {
    isExecutable: true,
    text: `${[`#!/bin/sh\n# ${writtenBy('compose')}`, HEAD, ...calls, TAIL].join('\n')}\n`,
  }
  draft.steps.push({ title: 'Ask the checks', commands: ['./smoke.sh http://127.0.0.1:8080'] })
}

function callOf(draft: Draft, check: Entry): string[] {
  const method = METHODS.find((m) => check.get(m).isThere)
  const manual = check.get('manual').text()
  if (manual !== undefined) {
    check.changed('a step that a person does')
    draft.steps.push({ title: `Look: ${check.get('name').text() ?? 'by hand'}`, text: manual })
    return []
  }
  const on = check.get('on')
  if (method === undefined || (on.isThere && !on.items().some((item) => item.text() === 'release'))) {
    const why =
      method === undefined
        ? 'it is more than one question, and curl asks one'
        : 'smoke.sh has only what is asked at every release'
    check.lost(why, 'landfall smoke')
    return []
  }
  on.changed('smoke.sh is run by hand')
  const path = check.get(method).text() ?? '/'
  const status = check.get('status').number() ?? 200
  const host = check.get('host').text() ?? draft.app.routes[0]?.host ?? 'localhost'
  check.get('name').kept('smoke.sh')
  check.get('host').kept('smoke.sh')
  const usesVariables = /\$\{/.test(JSON.stringify(check.value))
  if (usesVariables) {
    check.lost('it captures values and waits for mail, which curl cannot', 'landfall smoke')
    return []
  }
  check.get(method).kept('smoke.sh')
  check.get('status').kept('smoke.sh')
  const known = ['name', 'host', 'status', 'text', 'json', 'body', 'headers', 'on', method]
  for (const key of check.entries()) if (!known.includes(key.key)) key.lost('smoke.sh does not look at it', 'landfall smoke')
  const text = check.get('text').text()
  check.get('text').kept('smoke.sh')
  const parts = leaves(check.get('json').value)
  check.get('json').changed('each of its values is looked for in the text of the answer, wherever it stands')
  const patterns = parts.map(([key, value]) => `"${key}" *: *${typeof value === 'string' ? `"${value}"` : JSON.stringify(value)}`)
  const body = check.get('body')
  body.kept('smoke.sh')
  const headers = check.get('headers').entries()
  for (const header of headers) header.kept('smoke.sh')
  const isJson = typeof body.value === 'object' && body.value !== null
  const data = body.isThere ? ['--data-binary', isJson ? JSON.stringify(body.value) : (body.text() ?? '')] : []
  const args = [
    ...headers.flatMap((h) => ['-H', `${h.key}: ${h.text() ?? ''}`]),
    ...(isJson ? ['-H', 'content-type: application/json'] : []),
    ...data,
  ]
  return [
    `check ${[check.get('name').text() ?? path, method.toUpperCase(), host, path, String(status), text ?? '', patterns.join('\n'), ...args].map(quote).join(' ')}`,
  ]
}

function leaves(value: unknown): [string, unknown][] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, v]): [string, unknown][] =>
    typeof v === 'object' && v !== null ? leaves(v) : [[key, v]],
  )
}

const HEAD = `set -u
base=\${1:-http://127.0.0.1:8080}
failed=0
body=$(mktemp)
trap 'rm -f "$body"' EXIT
# name, method, host, path, status, text, patterns (one per line), more arguments for curl
check() {
  name=$1 method=$2 host=$3 path=$4 status=$5 text=$6 patterns=$7
  shift 7
  got=$(curl -sS -o "$body" -w '%{http_code}' -m 20 -X "$method" -H "Host: $host" "$@" -- "$base$path") || got=000
  why=
  [ "$got" = "$status" ] || why="status $got instead of $status"
  [ -z "$text" ] || grep -qF -e "$text" "$body" || why="\${why:-the answer lacks: $text}"
  if [ -n "$patterns" ]; then
    while IFS= read -r pattern; do grep -q -e "$pattern" "$body" || why="\${why:-the answer lacks: $pattern}"; done <<EOF
$patterns
EOF
  fi
  if [ -z "$why" ]; then echo "ok      $name"; else echo "failed  $name: $why"; failed=1; fi
}`
const TAIL = 'exit $failed'
