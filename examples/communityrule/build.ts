import { cpSync, rmSync, writeFileSync } from 'node:fs'
import { build } from 'esbuild'

// Everything that the app needs ends up in dist/, so that node_modules need not travel with a release.
rmSync('dist', { recursive: true, force: true })
await Promise.all([
  build({
    entryPoints: ['src/server.ts', 'src/migrate.ts', 'src/seed.ts'],
    outdir: 'dist',
    bundle: true,
    splitting: true,
    chunkNames: 'shared-[hash]',
    platform: 'node',
    target: 'node22',
    format: 'esm',
    minifySyntax: true,
    external: ['pg-native'],
    // `pg` is CommonJS and asks for Node's own modules with require().
    banner: { js: "import { createRequire } from 'node:module'\nconst require = createRequire(import.meta.url)" },
  }),
  build({
    entryPoints: ['src/client/client.ts'],
    outdir: 'dist/public',
    bundle: true,
    target: 'es2022',
    format: 'esm',
    minify: true,
  }),
])
for (const folder of ['public', 'migrations', 'seed-data']) cpSync(folder, `dist/${folder}`, { recursive: true })
writeFileSync('dist/package.json', '{ "type": "module" }\n')
