import { quote } from '../../translate/image/shell.ts'
import { writtenBy } from '../../translate/written-by.ts'

/** One call of Coolify's API. In its texts stand `{{NAME}}` for values that are only known when it is made. */
export interface Request {
  /** What it makes, for the state of the script: `app web`. Absent for calls that may be repeated. */
  makes?: string
  method: 'POST' | 'PATCH' | 'GET'
  /** From /api/v1. */
  path: string
  body?: Record<string, unknown>
  /** Names of shell variables that take fields of the answer. */
  saves?: Record<string, string>
  /** Made only where this variable has a value; without one it must have been made before, or be optional. */
  when?: string
  isOptional?: boolean
  /** Lines of the script that follow it. */
  after?: string[]
  say: string
}
/** A variable that the script needs: asked for, or made by a command. */
export interface Wanted {
  name: string
  about: string
  make?: string
  isOptional?: boolean
  /** What the state has once it was given or made: from then on it is not needed. */
  known?: string
}

/** All calls in their order, as data: for whoever makes them in another way. */
export function requestsJson(requests: Request[]): string {
  const list = requests.map(({ method, path, body, saves, when, say }) => ({
    about: say,
    method,
    path,
    ...(when !== undefined && { when: `{{${when}}}` }),
    ...(body && { body }),
    ...(saves && { saves }),
  }))
  const base = '{{COOLIFY_URL}}/api/v1'
  return `${JSON.stringify({ $comment: writtenBy('coolify'), base, requests: list }, null, 2)}\n`
}

/** The same as a script: curl, sed and awk are all that it needs. What was made is noted, so that it goes on where it ended. */
export function requestsScript(requests: Request[], wanted: Wanted[], app: string): string {
  const lists = [
    HEAD(app),
    wanted.filter((w) => !w.known && !w.make && !w.isOptional).map(must),
    TOOLS,
    wanted.filter((w) => w.isOptional).map((w) => `: "\${${w.name}:=}"`),
    wanted.filter((w) => w.known && !w.make && !w.isOptional).map((w) => `[ -n "$(known ${w.known})" ] || ${must(w)}`),
    made(wanted.filter((w) => w.make)),
    ...requests.map(lines),
    ['echo "done: $COOLIFY_URL" >&2'],
  ]
  return `${lists
    .filter((l) => l.length > 0)
    .map((l) => l.join('\n'))
    .join('\n\n')}\n`
}

const HEAD = (app: string) => [
  '#!/bin/sh',
  `# ${writtenBy('coolify')}`,
  `# Makes ${app} in Coolify, and brings what is there up to date. The same calls as data are in coolify.json.`,
  '#   COOLIFY_URL=https://coolify.example.org COOLIFY_TOKEN=… COOLIFY_SERVER=<uuid> sh coolify.sh',
  'set -eu',
  must({ name: 'COOLIFY_URL', about: 'address of Coolify' }),
  must({ name: 'COOLIFY_TOKEN', about: 'a token with rights to write, from Keys and Tokens' }),
]
const TOOLS = String.raw`state=#{COOLIFY_STATE:-coolify.state}
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
}`
  .replace('#{', ['$', '{'].join(''))
  .split('\n')

function must(w: Wanted): string {
  return `: "\${${w.name}:?${w.about.replace(/[^\w ,.;:/@-]/g, ' ')}}"`
}

/** A value is made once. Later runs have it no more, and need it only for an application that was not there then. */
function made(wanted: Wanted[]): string[] {
  if (wanted.length === 0) return []
  return [
    '# Made at the first run, and kept by Coolify alone.',
    ...wanted.map((w) =>
      w.known ? `[ -n "$(known ${w.known})" ] || : "\${${w.name}:=$(${w.make})}"` : `: "\${${w.name}:=$(${w.make})}"`,
    ),
  ]
}

function lines({ makes, method, path, body, saves, when, isOptional, after = [], say }: Request): string[] {
  const call = body
    ? [`call ${method} "${shell(path)}" <<JSON`, inJson(body), 'JSON']
    : [`call ${method} "${shell(path)}" </dev/null`]
  const take = Object.entries(saves ?? {}).map(([name, from]) => `${name}=$(field ${from})`)
  const told = [`echo ${quote(say)} >&2`, ...call, ...take]
  const [name = 'ID'] = Object.keys(saves ?? {})
  const key = makes?.replace(/\W+/g, '_')
  if (key === undefined && when === undefined) return [...told, ...after]
  const noted = key === undefined ? [] : [when === undefined ? `note ${key} "$${name}"` : `note ${key} yes`]
  const isNew = key === undefined ? [] : [`${name}=$(known ${key})`]
  const test = when === undefined ? `[ -z "$${name}" ]` : `[ -n "\${${when}-}" ]`
  // A here-document ends at a JSON in the first column.
  const inner = [...told, ...noted].map((l, i) => (i === 2 || i === 3 ? l : `  ${l}`))
  const missing = `  echo ${quote(`${say} is missing: it was made in an earlier run that did not come to its end`)} >&2`
  const otherwise = isOptional || when === undefined ? [] : [`elif [ -z "$(known ${key})" ]; then`, missing, '  exit 1']
  return [...(when === undefined ? isNew : []), `if ${test}; then`, ...inner, ...otherwise, 'fi', ...after]
}

const shell = (text: string) => text.replace(/\{\{(\w+)\}\}/g, (_, name: string) => `\${${name}}`)

/** JSON inside of an open here-document: the shell puts in variables, and nothing else. */
function inJson(body: Record<string, unknown>): string {
  const plain = JSON.stringify(body, null, 2).replace(/[\\$`]/g, '\\$&')
  return plain.replace(/\{\{(\w+)\}\}/g, '$(json "$$$1")')
}
