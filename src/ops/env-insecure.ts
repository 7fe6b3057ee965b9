import type { App, EnvEntry } from '../model/app.ts'
import type { Finding } from '../model/finding.ts'
import type { Value } from '../model/value.ts'
import type { Values } from './contract-check.ts'
import type { RouteValue } from './value.ts'

/**
 * Addresses with http in a protected environment: what is sent there can be read and changed on its way, and cookies that want
 * https are not sent at all. Addresses of this machine and of private networks are none of that.
 */
export async function insecureFindings(
  app: App,
  values: Values,
  route: (value: RouteValue) => Promise<string>,
): Promise<Finding[]> {
  if (!app.environment.isProtected) return []
  const findings: Finding[] = []
  for (const entry of app.contract) {
    if (entry.isKeptOut) continue
    const set = values.get(entry.name)
    const text = set?.value ?? (entry.default && (await textOf(entry.default, route)))
    const host = text === undefined ? undefined : openHost(text)
    if (host === undefined) continue
    const where = entry.isSecret ? 'an address with http' : `http for ${host}`
    findings.push({
      level: 'warning',
      code: 'W_INSECURE',
      at: set?.at ?? entry.at,
      message: `${entry.name} has ${where} in ${app.environment.name}, which is protected: what goes there can be read on its way`,
      hint: set ? `landfall env set ${entry.name}=https://…` : hintOf(entry),
    })
  }
  return findings
}

function hintOf({ default: value }: EnvEntry): string {
  return value?.type === 'text' ? 'write https' : 'reach the app by https: the routes have no certificate here'
}

async function textOf(value: Value, route: (value: RouteValue) => Promise<string>): Promise<string> {
  if (value.type === 'text') return value.text
  if (value.type === 'route') return route(value)
  if (value.type === 'join') return (await Promise.all(value.parts.map((p) => textOf(p, route)))).join('')
  return ''
}

const HTTP = /(?:^|[\s,"'=])http:\/\/(\[[0-9a-f:]+\]|[^\s,:/"'?#]+)/gi
const PRIVATE =
  /^(localhost|.*\.(localhost|local|internal|lan|test)|127\..*|10\..*|192\.168\..*|172\.(1[6-9]|2\d|3[01])\..*|169\.254\..*|\[.*\])$/i

/** The first host of the world that a text names with http. Names without a dot are services of a private network. */
function openHost(text: string): string | undefined {
  for (const [, host = ''] of text.slice(0, 10_000).matchAll(HTTP)) {
    if (host.includes('.') && !PRIVATE.test(host)) return host
  }
  return undefined
}
