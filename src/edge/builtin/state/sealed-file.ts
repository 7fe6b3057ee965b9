import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { link, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { codeOf, LandfallError } from '../../../lib/error.ts'
import { failpoint } from '../../../lib/failpoint.ts'

const KEPT_BAD = 3

/**
 * A JSON file under a line with its length and digest, with the generation before it beside. It is on the disk before `write`
 * returns; a torn or altered one is put aside, and the generation before it read.
 */
export class SealedFile {
  private readonly path: string
  private readonly previous: string
  private readonly name: string
  constructor(path: string, name: string) {
    this.path = path
    this.previous = path.replace(/\.json$/, '.prev.json')
    this.name = name
  }

  async write(value: unknown): Promise<void> {
    const temporary = `${this.path}.tmp`
    const body = JSON.stringify(value)
    const file = await open(temporary, 'w', 0o600)
    try {
      await file.writeFile(`landfall ${this.name} 1 ${Buffer.byteLength(body)} ${digest(body)}\n${body}\n`)
      await file.sync()
    } catch (error) {
      await rm(temporary, { force: true })
      throw error
    } finally {
      await file.close()
    }
    failpoint(`edge:${this.name}:synced`)
    await this.keepPrevious()
    failpoint(`edge:${this.name}:kept`)
    await rename(temporary, this.path)
    failpoint(`edge:${this.name}:renamed`)
    try {
      await syncFolder(dirname(this.path))
    } catch (error) {
      // In place, but nobody knows whether it would outlive a power cut: only a fresh start from the disk tells what counts.
      throw new LandfallError({ code: 'E_NOT_DURABLE', message: `${basename(this.path)} may not be on the disk`, cause: error })
    }
  }

  /** Undefined where none was ever written. `alerts` tells what was wrong with files that are no longer used. */
  async read(): Promise<{ value: unknown; alerts: string[] }> {
    const alerts: string[] = []
    for (const path of [this.path, this.previous]) {
      let bytes: Buffer
      try {
        bytes = await readFile(path)
      } catch (error) {
        if (codeOf(error) === 'ENOENT') continue
        throw error
      }
      const result = unseal(bytes, this.name)
      if ('value' in result) return { value: result.value, alerts }
      const aside = join(dirname(path), `${basename(path, '.json')}.bad-${Date.now()}.json`)
      await rename(path, aside)
      await this.forgetOldBadOnes()
      alerts.push(`${basename(path)} was not what had been written (${result.why}); kept as ${basename(aside)}`)
    }
    return { value: undefined, alerts }
  }

  /** At once, and only where it is whole: for a process that looks on while another one writes. */
  readNow(): unknown {
    const result = unseal(readFileSync(this.path), this.name)
    return 'value' in result ? result.value : undefined
  }

  private async keepPrevious(): Promise<void> {
    const temporary = `${this.previous}.tmp`
    await rm(temporary, { force: true })
    try {
      await link(this.path, temporary)
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return // The first generation.
      throw error
    }
    await rename(temporary, this.previous)
  }

  private async forgetOldBadOnes(): Promise<void> {
    const folder = dirname(this.path)
    const bad = (await readdir(folder)).filter(
      (entry) => entry.startsWith(basename(this.path, '.json')) && entry.includes('.bad-'),
    )
    for (const entry of bad.sort().slice(0, -KEPT_BAD)) await rm(join(folder, entry), { force: true })
  }
}

function unseal(bytes: Buffer, name: string): { value: unknown } | { why: string } {
  const lineEnd = bytes.indexOf(10)
  const match = /^landfall ([a-z]+) 1 (\d+) ([0-9a-f]{64})$/.exec(bytes.toString('latin1', 0, Math.max(lineEnd, 0)))
  if (!match || match[1] !== name) return { why: 'its first line is not ours' }
  const body = bytes.subarray(lineEnd + 1, lineEnd + 1 + Number(match[2]))
  if (body.length !== Number(match[2])) return { why: `${body.length} bytes instead of ${match[2]}` }
  if (digest(body) !== match[3]) return { why: 'its digest is another' }
  return { value: JSON.parse(body.toString('utf8')) }
}

function digest(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex')
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
