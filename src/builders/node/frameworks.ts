import type { PackageJson } from '../../lib/build/workspaces.ts'

export interface Framework {
  name: string
  /** Any of these among the dependencies. */
  needs: string[]
  type: 'web' | 'static'
  /** What a static build leaves, from the component's folder. */
  output?: string
  run?: string[]
  port?: number
  /** More than the dependency is asked for. */
  when?: (json: PackageJson, config: string) => boolean
  config?: string[]
}

const hasAny = (json: PackageJson, names: string[]) => names.some((n) => json.dependencies?.[n] ?? json.devDependencies?.[n])
const scriptHas = (json: PackageJson, word: string) => Object.values(json.scripts ?? {}).some((s) => s.includes(word))

/** The first that fits: those that build upon others stand above them. */
const FRAMEWORKS: Framework[] = [
  {
    name: 'Next.js (static export)',
    needs: ['next'],
    type: 'static',
    output: 'out',
    config: ['next.config.js', 'next.config.mjs', 'next.config.ts'],
    when: (_, config) => /output\s*:\s*['"]export['"]/.test(config),
  },
  { name: 'Next.js', needs: ['next'], type: 'web', run: ['next', 'start'], port: 3000 },
  {
    name: 'Nuxt (static)',
    needs: ['nuxt'],
    type: 'static',
    output: '.output/public',
    when: (json) => (json.scripts?.build ?? '').includes('nuxt generate'),
  },
  { name: 'Nuxt', needs: ['nuxt'], type: 'web', run: ['node', '.output/server/index.mjs'], port: 3000 },
  { name: 'SvelteKit', needs: ['@sveltejs/adapter-node'], type: 'web', run: ['node', 'build'], port: 3000 },
  { name: 'SvelteKit (static)', needs: ['@sveltejs/adapter-static'], type: 'static', output: 'build' },
  { name: 'Astro', needs: ['@astrojs/node'], type: 'web', run: ['node', 'dist/server/entry.mjs'], port: 4321 },
  { name: 'Astro', needs: ['astro'], type: 'static', output: 'dist' },
  { name: 'Remix', needs: ['@remix-run/serve'], type: 'web', run: ['remix-serve', 'build/server/index.js'], port: 3000 },
  {
    name: 'React Router',
    needs: ['@react-router/serve'],
    type: 'web',
    run: ['react-router-serve', 'build/server/index.js'],
    port: 3000,
  },
  { name: 'NestJS', needs: ['@nestjs/core'], type: 'web', run: ['node', 'dist/main'], port: 3000 },
  ...['express', 'fastify', 'koa', '@hono/node-server', 'hono', '@hapi/hapi', 'polka', 'restify', 'socket.io', 'ws'].map(
    (name): Framework => ({ name, needs: [name], type: 'web' }),
  ),
  { name: 'Docusaurus', needs: ['@docusaurus/core'], type: 'static', output: 'build' },
  { name: 'Gatsby', needs: ['gatsby'], type: 'static', output: 'public' },
  { name: 'Create React App', needs: ['react-scripts'], type: 'static', output: 'build' },
  { name: 'Vue CLI', needs: ['@vue/cli-service'], type: 'static', output: 'dist' },
  { name: 'Eleventy', needs: ['@11ty/eleventy'], type: 'static', output: '_site' },
  {
    name: 'VitePress',
    needs: ['vitepress'],
    type: 'static',
    output: 'docs/.vitepress/dist',
    when: (json) => scriptHas(json, 'build docs'),
  },
  { name: 'VitePress', needs: ['vitepress'], type: 'static', output: '.vitepress/dist' },
  { name: 'Parcel', needs: ['parcel'], type: 'static', output: 'dist' },
  { name: 'Vite', needs: ['vite'], type: 'static', output: 'dist' },
]

export function frameworkOf(json: PackageJson | undefined, text: (file: string) => string | undefined): Framework | undefined {
  if (!json) return undefined
  return FRAMEWORKS.find((f) => {
    if (!hasAny(json, f.needs)) return false
    const config = (f.config ?? []).map((file) => text(file) ?? '').join('\n')
    return f.when?.(json, config) ?? true
  })
}
