import { existsSync, readFileSync, statSync } from 'node:fs'
import { basename, dirname, isAbsolute, resolve } from 'node:path'
import { readAppPart } from '../backup/app-part.ts'
import { addIdentities, identitiesOf, identityFile } from '../backup/identity.ts'
import { keptBecause } from '../backup/retention.ts'
import { readIdentities, recipientOf } from '../lib/age/keys.ts'
import { codeOf, LandfallError } from '../lib/error.ts'
import type { BackupPlace, BackupRecord } from '../model/backup.ts'
import type { Finding } from '../model/finding.ts'
import type { RestoreWish, Scope } from '../model/plan.ts'
import { resourceTypes } from '../resources/all.gen.ts'
import type { OpAnswers, OpInput } from './contract.ts'
import { appNameOf, readManifest, type Where } from './read-manifest.ts'
import type { Setting } from './world.ts'

/** Under which the keys of a bucket are stored that a backup of elsewhere was read from. */
const ACCESS_KEY = 'backup.accessKey'
const SECRET_KEY = 'backup.secretKey'
/** Listing, holding and removing answer soon or not at all; the work itself is a run. */
const PATIENCE_MS = 600_000

const scopeOf = async (setting: Setting, input: Where): Promise<Scope> => ({
  app: await appNameOf(input, setting.store),
  environment: input.environment,
})
const earsOf = (setting: Setting) => ({ signal: AbortSignal.timeout(PATIENCE_MS), say: setting.say })

export async function backupList(setting: Setting, input: OpInput<'backup-list'>): Promise<OpAnswers['backup-list']> {
  const scope = await scopeOf(setting, input)
  const { backups } = setting.store
  return {
    backups: backups.list(scope).map((b) => ({
      id: b.id,
      at: new Date(b.at).toISOString(),
      state: b.state,
      why: b.why,
      ...(b.before && { before: b.before }),
      bytes: b.bytes,
      ...(b.verifiedAt !== undefined && { verifiedAt: new Date(b.verifiedAt).toISOString() }),
      ...(b.hold !== undefined && { hold: b.hold }),
      ...(b.trouble !== undefined && { trouble: b.trouble }),
      place: titleOf(b.place),
      holds: (b.manifest?.parts ?? []).flatMap((p) => (p.resource ? [p.resource] : [])),
      findings: b.manifest?.findings ?? [],
    })),
    restores: backups.restores(scope),
    remarks: remarksOn(setting, scope),
  }
}

/** What one broken disk would take together. */
function remarksOn(setting: Setting, scope: Scope): Finding[] {
  const { to } = setting.keeper.policyOf(scope)
  const remarks: Finding[] = []
  if (to.type === 'folder' && isOnDiskOf(to.path, setting.home)) {
    remarks.push({
      level: 'warning',
      code: 'W_BACKUP_SAME_DISK',
      at: 'backup.to',
      message: `backups lie in ${to.path}, on the disk of what they are backups of`,
      hint: 'name a folder of another machine or a bucket: `backup.to`',
    })
  }
  if (!setting.store.keys.recovery()) {
    remarks.push({
      level: 'warning',
      code: 'W_BACKUP_KEY_HERE',
      at: 'backup',
      message: 'the key that opens the backups is on this machine alone: without it they are of no use',
      hint: 'landfall env recovery-key, or keep what `landfall backup key` prints somewhere else',
    })
  }
  return remarks
}

function isOnDiskOf(path: string, home: string): boolean {
  for (let folder = path; ; folder = dirname(folder)) {
    if (existsSync(folder)) return statSync(folder).dev === statSync(home).dev
    if (folder === dirname(folder)) return false
  }
}

/** A restore as a plan has it; undefined for every other wish. `isFirst`: nothing serves here yet, so that it comes with a release. */
export async function restoreWish(
  setting: Setting,
  input: OpInput<'plan'>,
): Promise<{ wish: RestoreWish; isFirst: boolean } | undefined> {
  const { wish } = input
  if (wish.type !== 'restore') return undefined
  const scope = await scopeOf(setting, input)
  const { outcome, release } = setting.store.releases.serving(scope)
  const restore = setting.store.backups.nextRestore(scope)
  const resources = release ? (outcome.operate?.resources ?? []) : ((await readManifest(input)).app?.resources ?? [])
  const able = resources.filter((r) => resourceTypes[r.type]?.snapshot?.access(r))
  const fail = (code: string, message: string, hint: string) => new LandfallError({ code, at: 'backup', message, hint })
  if (wish.file !== undefined) {
    const [into = ''] = wish.resources ?? []
    const takers = able.filter((r) => resourceTypes[r.type]?.snapshot?.takesFiles)
    if (!takers.some((r) => r.name === into)) {
      throw fail(
        'E_TARGET',
        `${into || 'no resource'} cannot take a file`,
        `--into one of: ${takers.map((r) => r.name).join(', ')}`,
      )
    }
    if (!isAbsolute(wish.file) || !existsSync(wish.file))
      throw fail('E_TARGET', `there is no file ${wish.file}`, 'name the file with its path')
    return { wish: { restore, backup: '', at: '', resources: [into], file: wish.file }, isFirst: !release }
  }
  const record = setting.keeper.known(scope, wish.backup)
  const held = (record.manifest?.parts ?? []).flatMap((p) => (p.resource ? [{ name: p.resource, type: p.type ?? '' }] : []))
  const wanted = wish.resources ?? held.map((p) => p.name)
  for (const name of wanted) {
    const part = held.find((p) => p.name === name)
    if (!part) throw fail('E_TARGET', `${record.id} holds no ${name}`, `it holds ${held.map((p) => p.name).join(', ')}`)
    const target = able.find((r) => r.name === name)
    if (!target || target.type !== part.type) {
      const message = target
        ? `${name} is a ${target.type} here, and in the backup a ${part.type}`
        : `there is no resource ${name} here to restore into`
      throw fail(
        'E_TARGET',
        message,
        `add it to the manifest, or name others with --resource: ${held.map((p) => p.name).join(', ')}`,
      )
    }
  }
  return { wish: { restore, backup: record.id, at: new Date(record.at).toISOString(), resources: wanted }, isFirst: !release }
}

/** A backup of another machine, or one that this home has forgotten. Where nothing serves yet, its stored values become ours. */
export async function backupAdopt(setting: Setting, input: OpInput<'backup-adopt'>): Promise<OpAnswers['backup-adopt']> {
  const scope = await scopeOf(setting, input)
  const key = input.key === undefined ? undefined : readIdentities(input.key)
  const { place, id } = placeOf(input)
  const origin = input.from ?? `${scope.app}/${scope.environment}`
  const identities = [...(key ?? []), ...identitiesOf(setting.home)]
  const { accessKey = '', secretKey = '' } = input
  const head = { home: setting.home, at: place.type === 'folder' ? { place } : { place, accessKey, secretKey }, identities }
  const read = async (folder: string) => setting.keeper.job({ ...head, folder, type: 'read' }, earsOf(setting))
  let folder = id
  const found = await read(folder).catch(async (error: unknown) => {
    if (codeOf(error) !== 'E_BACKUP_INVALID') throw error
    folder = `${origin}/${id}`
    return read(folder).catch((again: unknown) => {
      throw codeOf(again) === 'E_BACKUP_INVALID' && /missing/.test(String(again)) ? error : again
    })
  })
  const { manifest } = found
  const theirs = `${manifest.app}/${manifest.environment}`
  if (theirs !== origin) {
    throw new LandfallError({
      code: 'E_BACKUP_FOREIGN',
      message: `${manifest.id} is a backup of ${theirs}, and this is ${scope.app}/${scope.environment}`,
      hint: `if you want its data here: --from ${theirs}`,
    })
  }
  const app = readAppPart(found.app)
  if (key) addIdentities(setting.home, key)
  const { backups, stored, releases } = setting.store
  const known = backups.get(scope, manifest.id)
  if (!known?.manifest) {
    const bytes = manifest.parts.reduce((sum, p) => sum + p.bytes, 0)
    const { id: own, why } = manifest
    backups.put({ ...scope, id: own, place, folder, state: 'taken', why, at: Date.parse(manifest.at), bytes, manifest })
  }
  if (place.type === 's3') {
    for (const [name, value] of [
      [ACCESS_KEY, accessKey],
      [SECRET_KEY, secretKey],
    ] as const) {
      stored.set(scope, name, value, { isSecret: true, source: 'set' }, Date.now())
    }
  }
  let values = 0
  if (!releases.serving(scope).release) {
    const there = new Set(stored.list(scope).map((e) => e.name))
    for (const { name, value, isSecret, source } of app.values) {
      if (there.has(name)) continue
      stored.set(scope, name, value, { isSecret, source }, Date.now())
      values += 1
    }
  }
  const resources = manifest.parts.flatMap((p) => (p.resource ? [p.resource] : []))
  return { backup: manifest.id, at: manifest.at, resources, values, findings: manifest.findings }
}

function placeOf({ at, endpoint, region, folder }: OpInput<'backup-adopt'>): { place: BackupPlace; id: string } {
  const id = basename(at)
  if (!/^\d{8}T\d{6}Z-[a-z]{4}$/.test(id)) {
    throw new LandfallError({
      code: 'E_UNKNOWN_BACKUP',
      message: `${at} does not end with the id of a backup`,
      hint: 'such as /srv/backups/20261121T032700Z-kqmw, or s3://bucket/prefix/20261121T032700Z-kqmw',
    })
  }
  if (!at.startsWith('s3://')) return { place: { type: 'folder', path: resolve(folder, dirname(at)) }, id }
  const [bucket = '', ...rest] = at.slice('s3://'.length).split('/').slice(0, -1)
  if (!endpoint) {
    throw new LandfallError({
      code: 'E_MISSING',
      message: 'where the bucket is, is not said',
      hint: '--endpoint https://s3.example.com',
    })
  }
  const prefix = rest.length > 0 ? `${rest.join('/')}/` : ''
  return {
    place: {
      type: 's3',
      endpoint,
      region: region ?? 'auto',
      bucket,
      prefix,
      accessKey: ACCESS_KEY,
      secretKey: SECRET_KEY,
    },
    id,
  }
}

export async function backupHold(setting: Setting, input: OpInput<'backup-hold'>): Promise<OpAnswers['backup-hold']> {
  const scope = await scopeOf(setting, input)
  const { hold: _, ...record } = setting.keeper.known(scope, input.backup)
  const held: BackupRecord = { ...record, ...(input.reason !== undefined && { hold: input.reason }) }
  setting.store.backups.put(held)
  return { backup: record.id, ...(held.hold !== undefined && { hold: held.hold }) }
}

export async function backupDelete(setting: Setting, input: OpInput<'backup-delete'>): Promise<OpAnswers['backup-delete']> {
  const scope = await scopeOf(setting, input)
  setting.store.runs.refuseWhileLocked(scope)
  const { keeper, store } = setting
  const record = store.backups.get(scope, input.backup) ?? keeper.known(scope, input.backup)
  const why = keptBecause(record, store.backups.list(scope), keeper.policyOf(scope).keep, keeper.tied(scope), Date.now())
  if (why) {
    throw new LandfallError({
      code: 'E_RETENTION',
      message: `${record.id} stays: ${why}`,
      hint:
        record.hold === undefined
          ? 'change `backup.keep` in the manifest, then landfall up'
          : `landfall backup release-hold ${record.id}`,
    })
  }
  await keeper.remove(scope, record.id, earsOf(setting))
  return { backup: record.id }
}

export async function backupConfirm(setting: Setting, input: OpInput<'backup-confirm'>): Promise<OpAnswers['backup-confirm']> {
  const scope = await scopeOf(setting, input)
  setting.store.runs.refuseWhileLocked(scope)
  const { resources } = await setting.keeper.confirm(scope, input.restore, earsOf(setting))
  return { restore: input.restore, resources }
}

export function backupKey(setting: Setting): OpAnswers['backup-key'] {
  const [identity = ''] = identitiesOf(setting.home)
  return {
    file: identityFile(setting.home),
    recipient: recipientOf(identity),
    identity: readFileSync(identityFile(setting.home), 'utf8'),
  }
}

function titleOf(place: BackupPlace): string {
  return place.type === 'folder' ? place.path : `s3://${place.bucket}/${place.prefix}`
}
