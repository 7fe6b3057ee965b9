import { LandfallError } from '../../lib/error.ts'
import { nearest } from '../../lib/nearest.ts'
import { show } from '../../lib/show.ts'
import type { Resource } from '../../model/app.ts'
import type { Finding } from '../../model/finding.ts'
import type { ResourceType } from '../../model/plug.ts'

/** `startEmpty` is the planner's: it is allowed for every resource that keeps data. */
const KEYS = ['writers', 'startEmpty']
const WRITERS = ['one', 'many']

const volume: ResourceType = {
  type: 'volume',
  title: 'Volume',
  outputs: ['path'],
  check: findingsOf,
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
  // Files have no version; the entry is what keeps a renamed volume from starting empty.
  data: () => ({ type: 'volume', version: '1' }),
}
export default volume

function findingsOf({ options }: Resource): Finding[] {
  const findings: Finding[] = []
  for (const key of Object.keys(options)) {
    if (KEYS.includes(key)) continue
    const near = nearest(key, KEYS)
    const hint = near ? `did you mean \`${near}\`?` : `known keys: ${KEYS.join(', ')}`
    findings.push({ level: 'error', code: 'E_UNKNOWN_KEY', at: key, message: `volume has no option ${show(key)}`, hint })
  }
  const { writers } = options
  if (writers !== undefined && (typeof writers !== 'string' || !WRITERS.includes(writers))) {
    findings.push({
      level: 'error',
      code: 'E_TYPE',
      at: 'writers',
      message: `writers must be \`one\` or \`many\`, not ${show(writers)}`,
      hint: '`one`: an old and a new instance never run at once; `many`: the app copes with several',
    })
  }
  return findings
}
