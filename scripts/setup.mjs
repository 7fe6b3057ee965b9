// What every script does first, on whatever Node (18 or newer) and without any package: install what the lock file names, then
// go on under the Node that it pins. A fresh clone needs nothing else.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '')
const bin = join(root, 'node_modules', '.bin')

/** Resolves under the pinned Node; under any other it starts `script` anew with the pinned one and never resolves. */
export async function underPinnedNode(script) {
  const started = Date.now()
  if (install(root)) process.stderr.write(`installed packages in ${seconds(Date.now() - started)}\n`)
  const wanted = readJson(join(root, 'node_modules/node/package.json')).version
  process.env.PATH = `${bin}${delimiter}${process.env.PATH ?? ''}`
  if (process.version === `v${wanted}`) return
  const node = join(bin, 'node')
  const has = spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout?.trim()
  if (has !== `v${wanted}`) fail(`Node ${wanted} is missing in ${bin}; were install scripts switched off? Try: npm rebuild node`)
  const child = spawn(node, [fileURLToPath(script), ...process.argv.slice(2)], { stdio: 'inherit' })
  // A terminal's Ctrl-C reaches the child by itself; what was sent to this process alone is handed on.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => signal !== 'SIGINT' && child.kill(signal))
  const [code, signal] = await new Promise((resolve) => child.on('close', (...how) => resolve(how)))
  process.exit(signal ? 128 + ({ SIGINT: 2, SIGTERM: 15, SIGKILL: 9 }[signal] ?? 1) : code)
}

/** `npm ci` where what is installed is not what the lock file says. Tells whether it had to. */
export function install(folder) {
  if (isInstalled(folder)) return false
  const args = ['ci', '--loglevel=error', '--no-audit', '--no-fund']
  // npm itself runs on the Node that it came with, so that a half-done install cannot break it.
  const done = spawnSync('npm', args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  if (done.status !== 0)
    fail(`npm ${args.join(' ')} failed in ${folder}\n${done.error?.message ?? `${done.stdout}${done.stderr}`}`)
  return true
}

/** npm leaves a lock file inside node_modules that says what is there. */
function isInstalled(folder) {
  const there = join(folder, 'node_modules/.package-lock.json')
  if (!existsSync(there)) return false
  const has = readJson(there).packages
  const wants = Object.entries(readJson(join(folder, 'package-lock.json')).packages)
  return wants.every(
    ([path, { version, optional, link }]) => !path || link || (optional && !has[path]) || has[path]?.version === version,
  )
}

export function readJson(file) {
  return JSON.parse(readFileSync(file, 'utf8'))
}

export function seconds(ms) {
  return `${(ms / 1000).toFixed(1)} s`
}

export function fail(message) {
  process.stderr.write(`${message}\n`)
  process.exit(1)
}
