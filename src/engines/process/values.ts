import { LandfallError } from '../../lib/error.ts'
import { urlPart } from '../../lib/url-part.ts'
import type { ValueContext } from '../../model/plug.ts'
import type { Value } from '../../model/value.ts'

/** What is known of the one instance that is being started. */
export interface Facts {
  of: ValueContext
  port?: number
  index: number
  version: string
  artifactRoot: string
  volumePath(volume: string): string
}

/** Text of a value: facts of the instance and folders of volumes from here, everything else from the store. */
export async function textOf(v: Value, facts: Facts, store: (v: Value, of: ValueContext) => Promise<string>): Promise<string> {
  switch (v.type) {
    case 'text':
      return v.text
    case 'join':
      return (await Promise.all(v.parts.map((part) => textOf(part, facts, store)))).join('')
    case 'url-part':
      return urlPart(await textOf(v.url, facts, store), v)
    case 'url-text':
      return encodeURIComponent(await textOf(v.of, facts, store))
    case 'volume':
      return facts.volumePath(v.volume)
    case 'instance':
      return factOf(v.field, facts)
    default:
      return store(v, facts.of)
  }
}

function factOf(field: Extract<Value, { type: 'instance' }>['field'], facts: Facts): string {
  switch (field) {
    case 'port':
      if (facts.port !== undefined) return String(facts.port)
      throw new LandfallError({ code: 'E_VALUE', message: `${facts.of.component} has no port of its own` })
    case 'index':
      return String(facts.index)
    case 'release':
      return facts.of.release
    case 'version':
      return facts.version
    case 'artifact':
      return facts.artifactRoot
  }
}
