import { isAbsolute } from 'node:path'
import { show } from '../lib/show.ts'
import type { BackupPlace, BackupPolicy } from '../model/backup.ts'
import { toSeconds } from './units.ts'
import type { World } from './world.ts'

const DAY = 86_400

/** `backup:`, with its defaults; undefined where the manifest says nothing. */
export function resolveBackup(world: World): BackupPolicy | undefined {
  const written = world.manifest.backup
  if (!written) return undefined
  const { every, at, timeZone = 'UTC', keep } = written
  const timing = timingOf(world, every === undefined ? undefined : toSeconds(every), at, timeZone)
  const to = placeOf(world)
  const ages = typeof keep === 'string' ? { age: keep } : (keep ?? {})
  return {
    ...(timing && { timing }),
    keep: {
      ...(ages.age !== undefined && { ageSeconds: toSeconds(ages.age) }),
      ...('count' in ages && ages.count !== undefined && { count: ages.count }),
    },
    ...(to && { to }),
    beforeMigrations: written.beforeMigrations ?? true,
    verify: written.verify ?? true,
  }
}

function timingOf(
  world: World,
  seconds: number | undefined,
  at: string | undefined,
  timeZone: string,
): BackupPolicy['timing'] | undefined {
  if (at === undefined) return seconds === undefined ? undefined : { type: 'every', seconds }
  if (seconds !== undefined && seconds !== DAY) {
    world.remarks.error('E_CONFLICT', ['backup', 'at'], '`at` is once a day, and `every` says otherwise', 'write one of them')
  }
  if (!isTimeZone(timeZone)) {
    world.remarks.error('E_TIME_ZONE', ['backup', 'timeZone'], `${show(timeZone)} is not a time zone`, 'such as Europe/Berlin')
  }
  const [hour = '0', minute = '0'] = at.split(':')
  return { type: 'cron', expression: `${Number(minute)} ${Number(hour)} * * *`, timeZone }
}

function placeOf({ manifest, remarks }: World): BackupPlace | undefined {
  const to = manifest.backup?.to
  if (to === undefined) return undefined
  if (typeof to === 'string') {
    if (isAbsolute(to)) return { type: 'folder', path: to }
    remarks.error('E_PATH', ['backup', 'to'], `${show(to)} is not an absolute path`, 'write the whole path: /srv/backups')
    return undefined
  }
  const url = URL.canParse(to.endpoint) ? new URL(to.endpoint) : undefined
  if (!url || !/^https?:$/.test(url.protocol) || url.username !== '') {
    remarks.error('E_URL', ['backup', 'to', 'endpoint'], `${show(to.endpoint)} is not an address such as https://s3.example.com`)
    return undefined
  }
  const prefix = to.prefix === undefined || to.prefix === '' ? '' : `${to.prefix.replace(/^\/+|\/+$/g, '')}/`
  const { bucket, accessKey, secretKey, region = 'auto' } = to
  return { type: 's3', endpoint: to.endpoint.replace(/\/$/, ''), region, bucket, prefix, accessKey, secretKey }
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false // A RangeError is how it says no.
  }
}
