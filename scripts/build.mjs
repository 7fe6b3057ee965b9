// Bundles the CLI and the programs that it starts into dist/, each with what it needs and nothing else. Chunks carry their digest
// in their name and those of earlier builds stay for a while, so that a daemon that runs from dist/ still finds its own.
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { buildPrograms } from './build-programs.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const dist = join(root, 'dist')

const { outputFiles } = await build({
  absWorkingDir: root,
  entryPoints: {
    cli: 'src/cli/main.ts',
    daemon: 'src/daemon/main.ts',
    edge: 'src/edge/builtin/main.ts',
  },
  outdir: dist,
  write: false,
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
  legalComments: 'linked',
  sourcemap: false,
  logLevel: 'warning',
  // CommonJS libraries inside the bundle call require() for Node's own modules.
  banner: { js: "import { createRequire as __cr } from 'node:module'; const require = __cr(import.meta.url);" },
})

await buildPrograms(dist)

// Chunks before the entries that name them; each file is whole or not there.
const isChunk = (file) => dirname(file.path) !== dist
for (const file of outputFiles.toSorted((a, b) => isChunk(b) - isChunk(a))) {
  mkdirSync(dirname(file.path), { recursive: true })
  writeFileSync(`${file.path}.${process.pid}.tmp`, file.contents)
  renameSync(`${file.path}.${process.pid}.tmp`, file.path)
}
const week = 7 * 24 * 3600 * 1000
const current = new Set(outputFiles.map((file) => basename(file.path)))
const chunks = join(dist, 'chunks')
for (const name of existsSync(chunks) ? readdirSync(chunks) : []) {
  if (!current.has(name) && Date.now() - statSync(join(chunks, name)).mtimeMs > week) rmSync(join(chunks, name))
}
