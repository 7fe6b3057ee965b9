import { LandfallError } from '../../lib/error.ts'
import { findingsOf, isWhole, sayUnknownKeys, sizeMiBOf } from '../../lib/option-reader.ts'
import { readRights } from '../../lib/read-rights.ts'
import { show } from '../../lib/show.ts'
import type { Resource } from '../../model/app.ts'
import type { Finding } from '../../model/finding.ts'
import type { ResourceType } from '../../model/plug.ts'
import { snapshot } from './snapshot.ts'

/** `startEmpty` is the planner's: it is allowed for every resource that keeps data. */
const KEYS = ['writers', 'owner', 'mode', 'size', 'startEmpty']
const WRITERS = ['one', 'many']

const volume: ResourceType = {
  type: 'volume',
  title: 'Volume',
  outputs: ['path'],
  check: checkOptions,
  // The components that name it under `mounts` say the rest: a folder alone runs nothing.
  expand: (resource) => ({ components: [], provision: [], volumes: [{ name: resource.name, runsAs: 'app' }], secrets: [] }),
  output(resource, field) {
    if (field === 'path') return { type: 'volume', volume: resource.name }
    throw new LandfallError({
      code: 'E_OUTPUT',
      message: `${resource.name} has no output \`${field}\``,
      at: `resources.${resource.name}`,
      hint: `a volume has one output: ${resource.name}.path`,
    })
  },
  snapshot,
  // Files have no version; the entry is what keeps a renamed volume from starting empty.
  data: () => ({ type: 'volume', version: '1' }),
}
export default volume

function checkOptions({ options }: Resource): Finding[] {
  return findingsOf((say) => {
    sayUnknownKeys('volume', options, KEYS, say)
    const { writers, owner, mode, size } = options
    if (writers !== undefined && (typeof writers !== 'string' || !WRITERS.includes(writers))) {
      const hint = '`one`: an old and a new instance never run at once; `many`: the app copes with several'
      say('error', 'E_TYPE', 'writers', `writers must be \`one\` or \`many\`, not ${show(writers)}`, hint)
    }
    if (owner !== undefined && readRights({ owner })?.uid === undefined) {
      const hint = 'leave it out, and the folder belongs to the user that the component runs under'
      say('error', 'E_TYPE', 'owner', `owner must be a uid such as 1000, or "1000:1000" with a group, not ${show(owner)}`, hint)
    }
    if (mode !== undefined && readRights({ mode })?.mode === undefined) {
      say(
        'error',
        'E_TYPE',
        'mode',
        `mode must be octal in quotes, such as "0770", and leave its owner all rights; not ${show(mode)}`,
      )
    }
    if (size !== undefined && !isWhole(sizeMiBOf(size), 1, 64 * 1024 * 1024)) {
      say('error', 'E_RANGE', 'size', `size must be one such as 10Gi, not ${show(size)}`)
    }
  })
}
