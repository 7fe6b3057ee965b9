import type { CheckDeps } from '../checks/deps.ts'
import { LandfallError } from '../lib/error.ts'
import type { Resource } from '../model/app.ts'
import type { Edge, Engine } from '../model/plug.ts'
import type { Value } from '../model/value.ts'
import { resourceTypes } from '../resources/all.gen.ts'
import { volumeOf } from '../resources/mail/expand.ts'
import { readOptions } from '../resources/mail/options.ts'
import { listMessages, showMessage } from '../resources/mail/read-mailbox.ts'
import type { Store } from '../store/store.ts'
import { resolveValue } from './value.ts'

/** What checks look into: the edge, captured mail, databases with the least rights there are, and who signed what. */
export function checkDeps(parts: { store: Store; engine: () => Engine; edge: Edge }): CheckDeps {
  return {
    edge: parts.edge,
    mailbox(scope, resource) {
      if (resource.type !== 'mail' || readOptions(resource).relay) return undefined
      const folder = parts.engine().volumePath(scope, volumeOf(resource))
      return { list: (query) => listMessages(folder, query), show: (id) => showMessage(folder, id) }
    },
    database: (scope, resource, release) =>
      resolveValue(addressOf(resource), { ...scope, component: resource.name, release }, parts),
    signature: (scope, check, release) => parts.store.signatures.get(scope, check, release),
  }
}

/** Of the role that can only read, where the resource gives one; the transaction is read-only in any case. */
function addressOf(resource: Resource): Value {
  const type = resourceTypes[resource.type]
  if (!type) throw new LandfallError({ code: 'E_RESOURCE_TYPE', message: `there is no resource type \`${resource.type}\` here` })
  try {
    return type.output(resource, type.outputs.includes('readonlyUrl') ? 'readonlyUrl' : 'url')
  } catch (error) {
    if (!(error instanceof LandfallError) || error.code !== 'E_OUTPUT') throw error
    return type.output(resource, 'url')
  }
}
