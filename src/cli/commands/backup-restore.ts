import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { codeOf, LandfallError } from '../../lib/error.ts'
import { carryOut, showFindings } from '../carry-out.ts'
import type { Flags, Run } from '../command.ts'
import type { Context } from '../context.ts'
import { openSession } from '../session.ts'
import { placeOf, type Where } from '../where.ts'

const ID = /^\d{8}T\d{6}Z-[a-z]{4}$/

export const run: Run = async (context, [name = ''], flags) => {
  const where = await placeOf(context)
  const resources = flags.resource?.split(',').filter(Boolean)
  const wish = flags.into
    ? { type: 'restore' as const, backup: '', file: fileOf(name), resources: [flags.into] }
    : { type: 'restore' as const, backup: await backupOf(context, where, name, flags), ...(resources && { resources }) }
  return carryOut(context, { key: flags.key, where, wish, what: 'this restore', nothing: 'nothing to restore' })
}

function fileOf(name: string): string {
  const file = resolve(name)
  if (existsSync(file)) return file
  throw new LandfallError({ code: 'E_TARGET', message: `there is no file ${file}`, hint: 'name the file that is to be restored' })
}

/** An id that is known here, or one of elsewhere, which becomes known. */
async function backupOf(context: Context, where: Where, name: string, flags: Flags): Promise<string> {
  if (ID.test(name) && flags.identity === undefined && flags.from === undefined) return name
  const session = await openSession(context)
  const { from, endpoint, region, identity } = flags
  const { AWS_ACCESS_KEY_ID: accessKey, AWS_SECRET_ACCESS_KEY: secretKey } = process.env
  const adopted = await session.call('backup-adopt', {
    ...where,
    at: name.startsWith('s3://') ? name : resolve(name),
    ...(identity && { key: readKey(identity) }),
    ...(from && { from }),
    ...(endpoint && { endpoint }),
    ...(region && { region }),
    ...(accessKey && secretKey && { accessKey, secretKey }),
  })
  showFindings(context, adopted.findings)
  if (!context.isJson && adopted.values > 0) context.err.say(`${adopted.values} stored values came with ${adopted.backup}`)
  return adopted.backup
}

function readKey(file: string): string {
  try {
    return readFileSync(resolve(file), 'utf8')
  } catch (cause) {
    throw new LandfallError({ code: 'E_KEY', message: `cannot read ${file} (${codeOf(cause)})`, at: '--identity', cause })
  }
}
