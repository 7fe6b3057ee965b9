// Bundles the server programs that Landfall puts into artifacts: each is one file, which is copied and run by another uid.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = fileURLToPath(new URL('..', import.meta.url))

export const programs = {
  bucket: 'src/resources/bucket/server/main.ts',
  mailbox: 'src/resources/mail/server/main.ts',
  backup: 'src/backup/program/main.ts',
  'pg-dump': 'src/resources/postgres/snapshot/pg-dump/main.ts',
}

/** Writes only what changed; resolves with the paths of all. */
export async function buildPrograms(dist = join(root, 'dist')) {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: programs,
    outdir: dist,
    write: false,
    bundle: true,
    splitting: false,
    format: 'esm',
    platform: 'node',
    target: 'node22.19',
    external: ['pg-native'],
    outExtension: { '.js': '.mjs' },
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'eof',
    logLevel: 'warning',
    banner: { js: "import { createRequire as __cr } from 'node:module'; const require = __cr(import.meta.url);" },
  })
  for (const file of outputFiles) {
    if (isThere(file)) continue
    mkdirSync(dirname(file.path), { recursive: true })
    writeFileSync(`${file.path}.${process.pid}.tmp`, file.contents)
    renameSync(`${file.path}.${process.pid}.tmp`, file.path)
  }
  copyIfChanged(join(root, 'node_modules/@electric-sql/pglite-tools/dist/pg_dump.wasm'), join(dist, 'pg_dump.wasm'))
  return outputFiles.map((file) => file.path)
}

/** pg_dump itself: the program beside it looks for it there. */
function copyIfChanged(from, to) {
  const contents = readFileSync(from)
  if (isThere({ path: to, contents })) return
  writeFileSync(`${to}.${process.pid}.tmp`, contents)
  renameSync(`${to}.${process.pid}.tmp`, to)
}

function isThere(file) {
  try {
    return readFileSync(file.path).equals(file.contents)
  } catch {
    return false
  }
}
