import { LandfallError } from '../../../lib/error.ts'
import type { Scope } from '../../../model/plan.ts'

const NAME = /^[a-z0-9][a-z0-9-]{0,62}$/

export function readScope(given: unknown): Scope {
  const scope = typeof given === 'object' && given !== null ? (given as Record<string, unknown>) : {}
  const app = readText(scope.app, 'scope.app')
  const environment = readText(scope.environment, 'scope.environment')
  if (!NAME.test(app)) throw wrong('scope.app', 'a name')
  if (!NAME.test(environment)) throw wrong('scope.environment', 'a name')
  return { app, environment }
}

export function readText(given: unknown, at: string): string {
  if (typeof given !== 'string' || given === '' || given.length > 4096) throw wrong(at, 'a text')
  return given
}

export function readTexts(given: unknown, at: string): string[] {
  if (!Array.isArray(given)) throw wrong(at, 'a list of texts')
  return given.map((item, index) => readText(item, `${at}[${index}]`))
}

export function readEndpoint(given: unknown): string {
  return readText(given, 'endpoint')
}

function wrong(at: string, what: string): LandfallError {
  return new LandfallError({ code: 'E_EDGE_API', at, message: `${at}: ${what} was expected` })
}
