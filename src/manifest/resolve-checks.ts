import { show } from '../lib/show.ts'
import type { Check } from '../model/app.ts'
import type { Path } from './places.ts'
import { hostHere } from './resolve-routes.ts'
import { CHECK_METHODS, type Manifest } from './schema.ts'
import { parseTemplate } from './template.ts'
import type { World } from './world.ts'

type Written = NonNullable<Manifest['checks']>[number]

export function resolveChecks(world: World): Check[] {
  const checks: Check[] = []
  const seen = new Map<string, number>()
  world.manifest.checks?.forEach((written, i) => {
    const at: Path = ['checks', i]
    const first = seen.get(written.name)
    if (first !== undefined) {
      const place = world.places.at(['checks', first])
      world.remarks.error(
        'E_DUPLICATE',
        [...at, 'name'],
        `a check is called ${show(written.name)} already, at ${place}`,
        'give it another name',
      )
    }
    seen.set(written.name, i)
    const check = resolveCheck(world, at, written)
    if (check) checks.push(check)
  })
  if (checks.length > 0 && world.routes.length === 0) {
    world.remarks.error('E_UNKNOWN_REF', ['checks'], 'there is no route, so nothing can be asked', 'add a route')
  }
  return checks
}

function resolveCheck(world: World, at: Path, written: Written): Check | undefined {
  const methods = CHECK_METHODS.filter((method) => written[method] !== undefined)
  const [method, second] = methods
  if (method === undefined && world.isCut(at)) return undefined
  if (method === undefined || second !== undefined) {
    const message = method === undefined ? 'asks for nothing' : `has ${methods.join(' and ')}, and a check asks once`
    world.remarks.error(method === undefined ? 'E_MISSING' : 'E_CONFLICT', at, message, 'get: /api/health')
    return undefined
  }
  if (written.body !== undefined && (method === 'get' || method === 'head')) {
    world.remarks.error(
      'E_CONFLICT',
      [...at, 'body'],
      `a ${method.toUpperCase()} request has no body`,
      'write post, put or patch',
    )
  }
  refuseReferences(world, [...at, 'body'], written.body)
  refuseReferences(world, [...at, 'headers'], written.headers)
  const { json, text, belowMs, answerHeaders } = written
  const host = checkHost(world, at, written.host)
  return {
    name: written.name,
    method: method.toUpperCase() as Check['method'], // The six of the schema, which are the six of the model.
    path: written[method] ?? '/',
    ...(host !== undefined && { host }),
    headers: { ...written.headers },
    ...(written.body !== undefined && { body: written.body }),
    expect: {
      status: written.status ?? 200,
      ...(json !== undefined && { json }),
      ...(text !== undefined && { text }),
      ...(answerHeaders && { headers: { ...answerHeaders } }),
      ...(belowMs !== undefined && { belowMs }),
    },
  }
}

function checkHost(world: World, at: Path, written: string | undefined): string | undefined {
  if (written === undefined) return undefined
  const here = hostHere(world, written)
  if (!world.routes.some((route) => route.host === here)) {
    const hosts = [...new Set(world.manifest.routes?.map((route) => route.host))]
    world.remarks.error(
      'E_UNKNOWN_REF',
      [...at, 'host'],
      `no route has the host ${show(written)}`,
      `routes name: ${hosts.join(', ') || 'no host'}`,
    )
  }
  return here
}

/** A reference that would be sent as it is written is worse than none. */
function refuseReferences(world: World, at: Path, value: unknown): void {
  if (typeof value === 'string') {
    const template = parseTemplate(value)
    if ('parts' in template && template.parts.every((part) => part.type === 'text')) return
    world.remarks.error('E_REFERENCE', at, `${show(value)} has a reference, and checks know no values`, 'write the text itself')
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, inner] of Object.entries(value))
      refuseReferences(world, [...at, Array.isArray(value) ? Number(key) : key], inner)
  }
}
