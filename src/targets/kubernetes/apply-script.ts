import { quote } from '../../translate/image/shell.ts'
import { writtenBy } from '../../translate/written-by.ts'
import type { Draft } from './draft.ts'

export interface Order {
  /** `statefulset/db`: what must answer before anything is released. */
  servers: string[]
  /** Jobs of the release, in the order of what needs what. */
  releases: { job: string; seconds: number }[]
  /** `deployment/web`. */
  rollouts: { name: string; seconds: number }[]
}

/** `apply.sh`: the order of a release, which no object of Kubernetes says. Applied as a whole, jobs and pods would start at once. */
export function applyScript(draft: Draft, { servers, releases, rollouts }: Order): string {
  const { namespace } = draft.choices
  const secrets = [...draft.secrets.keys()].sort()
  const has = (file: string) => draft.documents.has(file)
  const lines = [
    '#!/bin/sh',
    `# ${writtenBy('kubernetes')}`,
    `# Releases ${draft.app.name}: servers, then what a release does once, then the pods. The first thing that fails ends it.`,
    'set -eu',
    'cd "$(dirname "$0")"',
    `namespace=${namespace}`,
    'k() { kubectl --namespace "$namespace" "$@"; }',
    '',
    'kubectl get namespace "$namespace" >/dev/null 2>&1 || kubectl create namespace "$namespace"',
  ]
  if (secrets.length > 0) {
    lines.push(
      '# Their values are nowhere in these files.',
      `for secret in ${secrets.map(quote).join(' ')}; do`,
      '  k get secret "$secret" >/dev/null 2>&1 || { echo "there is no Secret $secret: the steps of landfall export kubernetes say how it is made" >&2; exit 78; }',
      'done',
    )
  }
  for (const file of ['config.yaml', 'servers.yaml']) if (has(file)) lines.push(`k apply -f ${file}`)
  for (const server of servers)
    lines.push(
      server.startsWith('cluster.')
        ? `k wait --for=condition=Ready ${quote(server)} --timeout=900s`
        : `k rollout status ${quote(server)} --timeout=600s`,
    )
  if (releases.length > 0) {
    lines.push(
      '',
      '# A job that has run stays as it is, so the one of before goes first.',
      'release() {',
      '  k delete job "$1" --ignore-not-found --wait=true',
      '  k apply -f "jobs/$1.yaml"',
      '  end=$(($(date +%s) + $2))',
      '  until k wait --for=condition=complete "job/$1" --timeout=5s >/dev/null 2>&1; do',
      '    if k wait --for=condition=failed "job/$1" --timeout=1s >/dev/null 2>&1 || [ "$(date +%s)" -ge "$end" ]; then',
      '      k logs "job/$1" --tail=50 >&2 || true',
      '      echo "the job $1 did not end well: nothing was rolled out" >&2',
      '      exit 1',
      '    fi',
      '  done',
      '}',
      ...releases.map(({ job, seconds }) => `release ${quote(job)} ${seconds}`),
    )
  }
  lines.push('', 'k apply -k .', ...rollouts.map(({ name, seconds }) => `k rollout status ${quote(name)} --timeout=${seconds}s`))
  return `${lines.join('\n')}\n`
}
