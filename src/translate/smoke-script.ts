import type { Route } from '../model/app.ts'
import type { Entry, ManualStep } from '../model/target.ts'
import { quote } from './image/shell.ts'
import { writtenBy } from './written-by.ts'

export interface SmokeWish {
  /** Which target writes it. */
  by: string
  /** The file, for verdicts: `smoke.sh`. */
  file: string
  routes: Route[]
  /**
   * `gateway`: one address for all hosts, which go along as the header Host. `site`: the address of the one app that is asked, at
   * whichever domain it is; checks of hosts that are not among `hosts` are of other apps.
   */
  form: { type: 'gateway'; base: string } | { type: 'site'; hosts: string[] }
}

const METHODS = ['get', 'post', 'put', 'patch', 'delete', 'head']

/** A script with the checks that curl can ask, one line each; none where there are none. What it cannot look at has its verdict. */
export function smokeScript(checks: Entry, wish: SmokeWish): { text?: string; steps: ManualStep[] } {
  const steps: ManualStep[] = []
  const calls = checks.items().flatMap((check) => callOf(check, wish, steps))
  if (calls.length === 0) return { steps }
  const { form } = wish
  const [start, ask] = form.type === 'gateway' ? [`base=\${1:-${form.base}}`, asking('-H "Host: $host" ')] : [SITE, asking('')]
  return { text: `${[`#!/bin/sh\n# ${writtenBy(wish.by)}`, 'set -u', start, ask, ...calls, 'exit $failed'].join('\n')}\n`, steps }
}

function callOf(check: Entry, wish: SmokeWish, steps: ManualStep[]): string[] {
  const { file, form, routes } = wish
  const method = METHODS.find((m) => check.get(m).isThere)
  const manual = check.get('manual').text()
  if (manual !== undefined) {
    check.changed('a step that a person does')
    steps.push({ title: `Look: ${check.get('name').text() ?? 'by hand'}`, text: manual })
    return []
  }
  const on = check.get('on')
  if (method === undefined || (on.isThere && !on.items().some((item) => item.text() === 'release'))) {
    const why =
      method === undefined ? 'it is more than one question, and curl asks one' : `${file} has only what is asked at every release`
    check.lost(why, 'landfall smoke')
    return []
  }
  const host = check.get('host').text() ?? routes[0]?.host ?? 'localhost'
  if (form.type === 'site' && !form.hosts.includes(host)) {
    check.lost(`${host} is not a domain of this app`, 'landfall smoke')
    return []
  }
  on.changed(`${file} is run by hand`)
  check.get('name').kept(file)
  if (form.type === 'gateway') check.get('host').kept(file)
  else check.get('host').changed(`the address that ${file} is given`)
  if (/\$\{/.test(JSON.stringify(check.value))) {
    check.lost('it captures values and waits for mail, which curl cannot', 'landfall smoke')
    return []
  }
  for (const key of [method, 'status', 'text', 'body', 'answerHeaders']) check.get(key).kept(file)
  check.get('location').changed('it is looked for in the header, wherever it stands')
  const known = ['name', 'host', 'status', 'text', 'json', 'body', 'headers', 'answerHeaders', 'location', 'on', method]
  for (const key of check.entries()) if (!known.includes(key.key)) key.lost(`${file} does not look at it`, 'landfall smoke')
  check.get('json').changed('each of its values is looked for in the text of the answer, wherever it stands')
  const parts = leaves(check.get('json').value)
  const patterns = parts.map(([key, value]) => `"${key}" *: *${typeof value === 'string' ? `"${value}"` : JSON.stringify(value)}`)
  const location = check.get('location').text()
  const wanted: [string, string][] = [
    ...check
      .get('answerHeaders')
      .entries()
      .flatMap((h): [string, string][] => {
        const value = h.text()
        if (value !== undefined) return [[h.key, value]]
        h.lost(`${file} looks for texts alone`, 'landfall smoke')
        return []
      }),
    ...(location === undefined ? [] : [['location', location] as [string, string]]),
  ]
  const sent = check.get('body')
  const headers = check.get('headers').entries()
  for (const header of headers) header.kept(file)
  const isJson = typeof sent.value === 'object' && sent.value !== null
  const path = check.get(method).text() ?? '/'
  const words = [
    check.get('name').text() ?? path,
    method.toUpperCase(),
    ...(form.type === 'gateway' ? [host] : []),
    path,
    String(check.get('status').number() ?? 200),
    check.get('text').text() ?? '',
    patterns.join('\n'),
    wanted.map(([name, value]) => `${name}: ${value}`).join('\n'),
    ...headers.flatMap((h) => ['-H', `${h.key}: ${h.text() ?? ''}`]),
    ...(isJson ? ['-H', 'content-type: application/json'] : []),
    ...(sent.isThere ? ['--data-binary', isJson ? JSON.stringify(sent.value) : (sent.text() ?? '')] : []),
  ]
  return [`check ${words.map(quote).join(' ')}`]
}

function leaves(value: unknown): [string, unknown][] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, v]): [string, unknown][] =>
    typeof v === 'object' && v !== null ? leaves(v) : [[key, v]],
  )
}

/** `staging.example.org` is meant as https. */
const SITE = `case \${1-} in
  '') echo "usage: $0 <domain or address>" >&2; exit 2 ;;
  http://* | https://*) base=\${1%/} ;;
  *) base=https://$1 ;;
esac`

function asking(hostHeader: string): string {
  const names = ['name', 'method', ...(hostHeader === '' ? [] : ['host']), 'path', 'status', 'text', 'patterns', 'headers']
  return `failed=0
body=$(mktemp)
head=$(mktemp)
trap 'rm -f "$body" "$head"' EXIT
# ${names.join(', ')}, more arguments for curl; patterns and headers are lines
check() {
  ${names.map((name, i) => `${name}=$${i + 1}`).join(' ')}
  shift ${names.length}
  got=$(curl -sS -o "$body" -D "$head" -w '%{http_code}' -m 20 -X "$method" ${hostHeader}"$@" -- "$base$path") || got=000
  why=
  [ "$got" = "$status" ] || why="status $got instead of $status"
  [ -z "$text" ] || grep -qF -e "$text" "$body" || why="\${why:-the answer lacks: $text}"
  if [ -n "$patterns" ]; then
    while IFS= read -r pattern; do grep -q -e "$pattern" "$body" || why="\${why:-the answer lacks: $pattern}"; done <<EOF
$patterns
EOF
  fi
  if [ -n "$headers" ]; then
    while IFS= read -r line; do
      grep -i "^\${line%%:*}:" "$head" | grep -qF -e "\${line#*: }" || why="\${why:-the answer lacks the header $line}"
    done <<EOF
$headers
EOF
  fi
  if [ -z "$why" ]; then echo "ok      $name"; else echo "failed  $name: $why"; failed=1; fi
}`
}
