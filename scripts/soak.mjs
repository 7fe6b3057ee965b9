// npm run soak: a thousand kills at seeded instants, daemon and edge, under load. LANDFALL_KILLS and LANDFALL_SEED choose others.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { root, underPinnedNode } from './setup.mjs'

await underPinnedNode(import.meta.url)
await import('./build.mjs')
const { status } = spawnSync(
  process.execPath,
  [join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--project', 'e2e', 'test/e2e/instants'],
  {
    cwd: root,
    stdio: 'inherit',
    env: { LANDFALL_KILLS: '1000', LANDFALL_KILL_EDGE: '1', LANDFALL_SEED: String(Date.now() % 1_000_000), ...process.env },
  },
)
process.exit(status ?? 1)
