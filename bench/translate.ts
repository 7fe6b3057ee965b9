import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { median, type Section } from './section.ts'

const LIMIT_MS = 150
const ROUNDS = 21
const root = fileURLToPath(new URL('..', import.meta.url))

/** The whole command line, started anew each time, as a person waits for it. */
export default async function translate(): Promise<Section> {
  const folder = mkdtempSync(join(tmpdir(), 'lf-bench-translate-'))
  try {
    cpSync(join(root, 'src/targets/compose/fixtures/read/platform'), folder, { recursive: true })
    const lines = readFileSync(join(folder, 'docker-compose.yaml'), 'utf8').split('\n').length
    // A home that was used before: Node keeps what it compiled there.
    const env = { ...process.env, LANDFALL_HOME: join(folder, 'home') }
    execFileSync('mkdir', ['-p', join(folder, 'home/run')])
    const run = (...args: string[]) => {
      const from = performance.now()
      execFileSync(process.execPath, [join(root, 'bin/landfall.cjs'), ...args], { env, stdio: 'ignore' })
      return performance.now() - from
    }
    const measure = (...args: string[]) => {
      run(...args)
      return Array.from({ length: ROUNDS }, () => run(...args))
    }
    const out = join(folder, 'out')
    const bare = measure('--version')
    const read = measure('import', folder, '--dry')
    const both = measure('convert', folder, '--to', 'compose', '--out', out, '--force')
    const ms = (values: number[]) => `${Math.round(median(values))} ms (fastest ${Math.round(Math.min(...values))} ms)`
    const slowest = median(both)
    return {
      title: 'Other platforms’ files',
      text: `A compose file of ${lines} lines with 13 services, ${ROUNDS} times; each figure is the whole command line, from its start to its end.`,
      table: [
        ['command', 'median'],
        ['`landfall --version`, for comparison', ms(bare)],
        ['`landfall import --dry`', ms(read)],
        ['`landfall convert --to compose`', ms(both)],
      ],
      broken: slowest > LIMIT_MS ? [`convert took ${Math.round(slowest)} ms, and ${LIMIT_MS} ms were promised`] : [],
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
