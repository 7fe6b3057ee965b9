import { readdir, readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readConfig } from './config.ts'
import { root } from './root.ts'
import { typeOf } from './static-files.ts'
import { openStores } from './store.ts'
import { toEnd } from './to-end.ts'

// node collect-static.js          brings the files of this release to where they are served from
// node collect-static.js --clear  and then takes away what is no file of this release
// node collect-static.js --check  only looks whether they are all there
await toEnd('collect-static', async () => {
  const folder = fileURLToPath(new URL('static/', root))
  const { static: store } = openStores(readConfig(process.env))
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const keys = entries.filter((e) => e.isFile()).map((e) => relative(folder, join(e.parentPath, e.name)))
  if (!process.argv.includes('--check')) {
    for (const key of keys) await store.put(key, await readFile(join(folder, key)), typeOf(key))
  }
  const there = new Set(await store.list())
  const missing = keys.filter((key) => !there.has(key))
  if (missing.length > 0) throw new Error(`not there: ${missing.join(', ')}`)
  // Last, so that the release before never looks for a file in vain while this one arrives.
  const old = process.argv.includes('--clear') ? [...there].filter((key) => !keys.includes(key)) : []
  for (const key of old) await store.remove(key)
  console.log(`${keys.length} files there, ${old.length} removed`)
})
