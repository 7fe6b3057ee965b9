import { spawn } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ms, type Section } from './section.ts'

/** From `npm run demo` to the first URL: with nothing there but npm's cache, and with what an earlier demo left. */
export default async function firstUrl(): Promise<Section> {
  const home = mkdtempSync(join(tmpdir(), 'bench-demo-'))
  chmodSync(home, 0o755) // Instances run as other users where we are root.
  const env = { ...process.env, LANDFALL_HOME: join(home, 'home') }
  try {
    const cold = await demo(env)
    const warm = await demo(env)
    await run(['stop'], env)
    return {
      title: 'From `npm run demo` to the first URL',
      text:
        'CommunityRule with its PostgreSQL, from a checkout with installed packages. Cold: an empty LANDFALL_HOME, so that PostgreSQL is unpacked, ' +
        'the app built and tested, the database made and migrated; npm’s cache is warm. Warm: the same again.',
      table: [
        ['', 'to the first URL', 'the whole story'],
        ['cold', ms(cold.first), ms(cold.whole)],
        ['warm', ms(warm.first), ms(warm.whole)],
      ],
      broken: [],
    }
  } finally {
    rmSync(home, { recursive: true, force: true })
  }
}

async function demo(env: NodeJS.ProcessEnv): Promise<{ first: number; whole: number }> {
  const from = performance.now()
  let first = 0
  await run([], env, (text) => {
    if (!first && text.includes('http://localhost:')) first = performance.now() - from
  })
  return { first, whole: performance.now() - from }
}

function run(args: string[], env: NodeJS.ProcessEnv, onText: (text: string) => void = () => {}): Promise<void> {
  const script = fileURLToPath(new URL('../scripts/demo.mjs', import.meta.url))
  const child = spawn(process.execPath, [script, ...args], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (chunk) => {
    text += chunk
    onText(text)
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => (code === 0 ? resolve() : reject(new Error(`the demo ended with ${code}\n${text}`))))
  })
}
