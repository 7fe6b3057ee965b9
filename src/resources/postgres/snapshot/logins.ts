import { join } from 'node:path'
import { LandfallError } from '../../../lib/error.ts'
import type { SnapshotTarget } from '../../../model/backup.ts'
import { SUPERUSER } from '../server-files.ts'
import { type Login, Wire } from './wire.ts'

/** As the app, by its URL. */
export function appLogin({ values, resource }: SnapshotTarget): Login {
  const url = URL.canParse(values.url ?? '') ? new URL(values.url ?? '') : undefined
  if (!url || !/^postgres(ql)?:$/.test(url.protocol)) {
    throw new LandfallError({
      code: 'E_URL',
      message: `the URL of ${resource.name} is none of PostgreSQL`,
      at: `resources.${resource.name}.url`,
    })
  }
  const mode = url.searchParams.get('sslmode') ?? 'prefer'
  const isLocal = /^(127\.|localhost$|\[::1\]$)/.test(url.hostname) || url.hostname === ''
  return {
    host: decodeURIComponent(url.hostname) || url.searchParams.get('host') || '127.0.0.1',
    port: Number(url.port || 5432),
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    database: decodeURIComponent(url.pathname.slice(1)) || decodeURIComponent(url.username),
    ...(/^(require|no-verify)$/.test(mode) && { ssl: { rejectUnauthorized: false } }),
    ...(/^verify-(ca|full)$/.test(mode) && { ssl: { rejectUnauthorized: true } }),
    ...(mode === 'prefer' && isLocal && { ssl: false }),
  }
}

/** The best login there is: of a server of ours its superuser, through the socket that only its own uid may enter. */
export function rootLogin(target: SnapshotTarget): Login {
  const app = appLogin(target)
  const { folder } = target.values
  return folder ? { ...app, host: join(folder, 'socket'), user: SUPERUSER, password: '', ssl: false } : app
}

/** Into a database from which others are made, renamed and dropped: the first of those that servers usually have. */
export async function openAdmin(target: SnapshotTarget, signal: AbortSignal): Promise<Wire> {
  let failure: unknown
  for (const database of ['postgres', 'defaultdb', 'template1']) {
    try {
      return await Wire.open({ ...rootLogin(target), database }, signal)
    } catch (error) {
      failure ??= error
    }
  }
  throw failure
}
