import { innerValues } from '../../lib/inner-values.ts'
import { nearest } from '../../lib/nearest.ts'
import { show } from '../../lib/show.ts'
import type { App, Component, Resource } from '../../model/app.ts'
import type { Finding } from '../../model/finding.ts'
import type { Value } from '../../model/value.ts'

/** The volume that a bucket falls back to must be there, and be mounted by whoever asks for its folder. */
export function checkFallback({ name }: Resource, volume: string, app: App): Finding[] {
  const at = `resources.${name}.fallback`
  const known = app.resources.filter((r) => r.type === 'volume').map((r) => r.name)
  if (!known.includes(volume)) {
    const near = nearest(volume, known)
    const hint = near ? `did you mean \`${near}\`?` : `add \`${volume}: { type: volume }\` under \`resources\``
    return [{ level: 'error', code: 'E_UNKNOWN_REF', at, message: `there is no volume ${show(volume)}`, hint }]
  }
  return app.components.flatMap((component): Finding[] => {
    const asks = Object.values(component.env).some((value) => asksFor(value, name))
    if (!asks || component.mounts.some((m) => m.volume === volume)) return []
    const message = `${component.name} asks for ${name}.path, and does not mount the volume ${volume}`
    return [{ level: 'error', code: 'E_MOUNT', at: mountsOf(component), message, hint: `add \`mounts: [${volume}]\`` }]
  })
}

const mountsOf = ({ name }: Component) => `components.${name}`

function asksFor(value: Value, resource: string): boolean {
  if (value.type === 'output') return value.resource === resource && value.field === 'path'
  return innerValues(value).some((inner) => asksFor(inner, resource))
}
