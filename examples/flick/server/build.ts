import { cpSync, rmSync, writeFileSync } from 'node:fs'
import { build } from 'esbuild'

// Everything that the server needs ends up in dist/: its node_modules need not travel with a release.
rmSync('dist', { recursive: true, force: true })
await build({
  entryPoints: ['src/server.ts', 'src/migrate.ts', 'src/create-admin.ts', 'src/seed.ts'],
  outdir: 'dist',
  bundle: true,
  splitting: true,
  chunkNames: 'shared-[hash]',
  platform: 'node',
  target: 'node22',
  format: 'esm',
  minifySyntax: true,
  sourcemap: true,
  sourcesContent: false,
  external: ['pg-native', 'bufferutil', 'utf-8-validate'],
  // CommonJS libraries ask for Node's own modules with require().
  banner: { js: "import { createRequire } from 'node:module'\nconst require = createRequire(import.meta.url)" },
})
// The migrations belong to the release that needs them.
cpSync('drizzle', 'dist/drizzle', { recursive: true })
writeFileSync('dist/package.json', '{ "type": "module" }\n')
