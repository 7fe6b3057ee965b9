import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { onTestFinished } from 'vitest'
import { packageVersion } from '../../src/lib/package.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'lf-cli-'))
export const builtCli = join(folder, 'dist/cli.mjs')

/** A package of its own: the command line as it is shipped, and beside it, as its daemon, the scripted one. */
export async function buildCli(): Promise<void> {
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'landfall', version: packageVersion, type: 'module' }))
  await build({
    absWorkingDir: root,
    entryPoints: { cli: 'src/cli/main.ts', daemon: 'test/wire/daemon.ts' },
    outdir: join(folder, 'dist'),
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node22.19',
    external: ['pg-native'],
    // Its main file asks for its parts at run time, which no bundler can follow.
    alias: { 'jsonc-parser': 'jsonc-parser/lib/esm/main.js' },
    outExtension: { '.js': '.mjs' },
    chunkNames: 'chunks/[name]-[hash]',
    minifySyntax: true,
    logLevel: 'error',
    banner: { js: "import { createRequire as __cr } from 'node:module'; const require = __cr(import.meta.url);" },
  })
}

export const removeCli = () => rmSync(folder, { recursive: true, force: true })

export interface Said {
  code: number | null
  stdout: string
  stderr: string
}
export interface Asked extends Promise<Said> {
  child: ReturnType<typeof spawn>
  /** What it has said so far. */
  now(): { stdout: string; stderr: string }
}

/** `landfall …` without a terminal, in `cwd` with `home`. */
export function landfall(
  args: string[],
  options: { home: string; cwd?: string; env?: Record<string, string>; input?: string | 'open' },
): Asked {
  const { home, cwd = home, env = {}, input = '' } = options
  const child = spawn(process.execPath, [builtCli, ...args], {
    cwd,
    env: { PATH: process.env.PATH, HOME: home, LANDFALL_HOME: home, LANG: 'C.UTF-8', ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const said = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (text) => {
    said.stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text) => {
    said.stderr += text
  })
  child.stdin.on('error', () => {}) // It may end without reading.
  if (input !== 'open') child.stdin.end(input)
  const ended = new Promise<Said>((resolve) => child.on('close', (code) => resolve({ code, ...said })))
  return Object.assign(ended, { child, now: () => said })
}
