import { cpSync, rmSync, writeFileSync } from 'node:fs'
import { build } from 'esbuild'

// Everything that the backend needs ends up in dist/: its node_modules need not travel with a release.
rmSync('dist', { recursive: true, force: true })
await build({
  entryPoints: ['server', 'migrate', 'bootstrap', 'end-sessions', 'collect-static'].map((name) => `src/${name}.ts`),
  outdir: 'dist',
  bundle: true,
  splitting: true,
  chunkNames: 'shared-[hash]',
  platform: 'node',
  target: 'node22',
  format: 'esm',
  minifySyntax: true,
  external: ['pg-native'],
  // CommonJS libraries ask for Node's own modules with require().
  banner: { js: "import { createRequire } from 'node:module'\nconst require = createRequire(import.meta.url)" },
})
for (const folder of ['migrations', 'static']) cpSync(folder, `dist/${folder}`, { recursive: true })
writeFileSync('dist/package.json', '{ "type": "module" }\n')
