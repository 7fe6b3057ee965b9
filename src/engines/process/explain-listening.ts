import { membersOf } from './processes.ts'
import type { InstanceRecord } from './record.ts'
import { listenersOf } from './sockets.ts'
import type { World } from './world.ts'

/** Where an instance listens instead of its PORT on 127.0.0.1. Undefined where it listens as it should, or nobody can tell. */
export function explainListening(world: World, record: InstanceRecord): string | undefined {
  const members = membersOf({
    home: world.home,
    id: record.id,
    cgroup: world.cgroups.pids(record.id),
    ...(record.process && { leader: record.process }),
  })
  const found = listenersOf(members)
  const { port } = record
  const reaches = (host: string) => host === '127.0.0.1' || host === '0.0.0.0' || host === '::'
  if (found.some((l) => l.port === port && reaches(l.host) && !l.isElsewhere)) return undefined
  if (found.length === 0) return members.length === 0 ? undefined : `it listens on no TCP port; its PORT is ${port}`
  const places = [...new Set(found.map((l) => (l.host.includes(':') ? `[${l.host}]:${l.port}` : `${l.host}:${l.port}`)))].join(
    ', ',
  )
  if (found.every((l) => l.isElsewhere)) return `it listens on ${places} in a network namespace of its own`
  if (found.some((l) => l.port === port)) return `it listens on ${places}, not on 127.0.0.1:${port}`
  return `it listens on ${places}, not on its PORT ${port}`
}
