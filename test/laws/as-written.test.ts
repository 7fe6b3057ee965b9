import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import ignore from 'ignore'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { checkVersions } from '../../src/ops/check-versions.ts'
import { docs } from '../../src/ops/docs.ts'
import { exportAll } from '../../src/ops/export-all.ts'
import { compareExport } from '../../src/ops/write-export.ts'

// The files that the four systems' own guides name lie in the examples, as an export writes them.
const NAMED: Record<string, string[]> = {
  notechondria: [
    'docker-compose.yml',
    'backend/docker-compose.yml',
    'frontend/editor/docker-compose.yml',
    'frontend/planner/docker-compose.yml',
    'frontend/portal/docker-compose.yml',
    'deployment/docker/gateway/docker-compose.yml',
    'sample.env',
    'Jenkinsfile',
    'northflank.json',
    'sample.northflank.env',
    'backend/Dockerfile',
    'render.yaml',
    'render-deploy.sh',
    '.railway/railway.ts',
    '.github/workflows/frontend-pages.yml',
    '.github/workflows/portal-release.yml',
  ],
  communityrule: [
    'CloudronManifest.json',
    'Dockerfile',
    'scripts/start.sh',
    'scripts/docker-release.sh',
    'scripts/staging-smoke.sh',
  ],
  allucanget: ['backend/nixpacks.toml', 'frontend/nixpacks.toml', 'coolify.json', 'coolify.sh'],
  flick: ['server/Dockerfile', 'server/infra/docker-compose.yml', 'server/.env.sample', '.github/workflows/ci.yml'],
}
const COMMAND = 'npm run examples'
const TODAY = '2026-11-21'

describe.each(Object.keys(NAMED))('%s, as written', (name) => {
  const folder = resolve('examples', name)

  test(`what its exports write is what is committed; else: ${COMMAND}`, async () => {
    const all = await exportAll({ folder, today: TODAY })
    const drift = all.flatMap(({ line, answer, out }) => [
      ...compareExport(answer, out).flatMap((s) => (s.state === 'same' ? [] : [`${line.target}: ${s.path} is ${s.state}`])),
      ...checkVersions(answer, folder, out).map((f) => `${line.target}: ${f.message}`),
    ])
    expect(drift, COMMAND).toEqual([])
    const modes = all.flatMap(({ answer, out }) =>
      Object.entries(answer.files).filter(([path, f]) => f.isExecutable && (statSync(join(out, path)).mode & 0o111) === 0),
    )
    expect(
      modes.map(([path]) => `${path} is not executable`),
      COMMAND,
    ).toEqual([])
  })

  test('the files that its own guide names are among them, and none says where it was written', async () => {
    const all = await exportAll({ folder, today: TODAY })
    const written = all.flatMap(({ line, answer }) => Object.keys(answer.files).map((path) => join(line.out, path)))
    expect(NAMED[name]?.filter((path) => !written.includes(path))).toEqual([])
    const texts = all.flatMap(({ answer }) => Object.values(answer.files).map((f) => f.text))
    expect(texts.filter((text) => text.includes(resolve('.')) || text.includes(TODAY))).toEqual([])
  })

  test('what its Dockerfiles copy is there, and does not stay out of the build', async () => {
    const all = await exportAll({ folder, today: TODAY })
    const missing = all.flatMap(({ line, answer }) =>
      Object.entries(answer.files).flatMap(([path, { text }]) => {
        if (!/(^|\/)Dockerfile[^/]*$/.test(path) || path.endsWith('.dockerignore')) return []
        const beside = `${join(folder, line.out, path)}.dockerignore`
        const rules = existsSync(beside) ? beside : join(folder, '.dockerignore')
        const out = ignore().add(existsSync(rules) ? readFileSync(rules, 'utf8') : '')
        const copied = [...text.matchAll(/^COPY (?!--)(.+)$/gm)].flatMap(([, words = '']) => words.split(' ').slice(0, -1))
        return copied.filter((c) => c !== '.' && (!existsSync(join(folder, c)) || out.ignores(c))).map((c) => `${path}: ${c}`)
      }),
    )
    expect(missing).toEqual([])
  })

  test(`its deployment guide is what is committed; else: ${COMMAND}`, async () => {
    const out = join(folder, 'deployment-guide')
    const guide = await docs({ folder, environment: 'production', out, today: TODAY })
    expect(
      guide.files.filter((f) => f.state !== 'same').map((f) => `${f.path} is ${f.state}`),
      COMMAND,
    ).toEqual([])
    const pages = readdirSync(out).filter((file) => file.endsWith('.md'))
    expect(pages.filter((page) => readFileSync(join(out, page), 'utf8').includes(resolve('.')))).toEqual([])
    expect(existsSync(join(out, 'index.html'))).toBe(true)
  })
})

describe('what the guides say of these files is in them', () => {
  const text = (path: string) => readFileSync(join('examples', path), 'utf8')

  test('compose: one file for each part, images by version and build number, and a sample of all variables', () => {
    const root = parse(text('notechondria/docker-compose.yml')) as { include: string[] }
    expect(root.include.filter((path) => !existsSync(join('examples/notechondria', path)))).toEqual([])
    const backend = parse(text('notechondria/backend/docker-compose.yml')) as Compose
    // biome-ignore lint/suspicious/noTemplateCurlyInString: compose reads it
    expect(backend.services.backend?.image).toBe('notechondria-backend:v0.1.66.${BUILD_NUMBER:-local}')
    expect(text('notechondria/sample.env')).toMatch(/^DB_PASSWORD=$/m)
    const flick = parse(text('flick/server/infra/docker-compose.yml')) as Compose
    expect([flick.services.db?.image, flick.services.cache?.image]).toEqual(['postgres:17', 'redis:7'])
    expect(flick.services.db?.healthcheck).toBeDefined()
    expect(flick.services.cache?.healthcheck).toBeDefined()
  })

  test('Render: the database by DATABASE_URL, no disk, the release before the new instances, a script that deploys', () => {
    const blueprint = text('notechondria/render.yaml')
    expect(blueprint).toMatch(/key: DATABASE_URL\n\s+fromDatabase:/)
    expect(blueprint).not.toMatch(/^\s*disk:/m)
    expect(blueprint).toContain('dockerfilePath: ./backend/Dockerfile')
    const release = text('notechondria/deployment/docker/backend/release.sh')
    const order = ['migrate.js', 'collect-static.js', 'end-sessions.js', 'bootstrap.js'].map((word) => release.indexOf(word))
    expect(order.every((at, i) => at > (order[i - 1] ?? -1))).toBe(true)
    expect(text('notechondria/render-deploy.sh')).toContain('RENDER_API_KEY')
  })

  test('Northflank: one template with database and service, the database by reference, no command of its own', () => {
    const template = text('notechondria/northflank.json')
    const kinds = [...template.matchAll(/"kind": "(\w+)"/g)].map(([, kind]) => kind)
    expect(kinds).toEqual(expect.arrayContaining(['Project', 'Addon', 'CombinedService']))
    expect(JSON.parse(template)).toMatchObject({ apiVersion: 'v1.2' })
    // biome-ignore lint/suspicious/noTemplateCurlyInString: Northflank reads it
    expect(template).toContain('"addonId": "${refs.db.id}"')
    expect(template).toContain('"configType": "default"')
    expect(template).toContain('"dockerFilePath": "/backend/Dockerfile"')
    const sample = text('notechondria/sample.northflank.env')
    for (const name of ['SMTP_HOST', 'CLOUDFLARE_R2_BUCKET_NAME', 'GOOGLE_OAUTH_CLIENT_SECRET'])
      expect(sample).toMatch(new RegExp(`^${name}=$`, 'm'))
    expect(sample).not.toMatch(/_HOST_PORT|ROOT_HTTP_PORT/)
  })

  test('Railway: the same Dockerfile, the database by reference, and a page that calls it unproven', () => {
    const config = text('notechondria/.railway/railway.ts')
    expect(config).toContain('dockerfilePath: "backend/Dockerfile"')
    expect(config).toMatch(/DATABASE_URL: \w+\.env\.DATABASE_URL/)
    for (const name of ['CLOUDFLARE_R2_BUCKET_NAME', 'SMTP_HOST', 'DJANGO_SUPERUSER_PASSWORD'])
      expect(config).toContain(`${name}: preserve()`)
    expect(config).not.toMatch(/POSTGRE_|_HOST_PORT/)
    expect(text('notechondria/deployment-guide/platform-railway.md')).toContain('unproven')
  })

  test('Cloudron: one version for manifest and image, what the platform asks for, and a restart that migrates', () => {
    const manifest = JSON.parse(text('communityrule/CloudronManifest.json'))
    expect(manifest).toMatchObject({
      version: JSON.parse(text('communityrule/package.json')).version,
      httpPort: 3000,
      healthCheckPath: '/api/health',
      memoryLimit: 805306368,
      minBoxVersion: '9.0.0',
      addons: { postgresql: {}, sendmail: {}, localstorage: {} },
    })
    expect(text('communityrule/scripts/docker-release.sh')).toMatch(/linux\/amd64[\s\S]*docker push[\s\S]*pull --quiet/)
    expect(text('communityrule/scripts/release.sh')).toContain('node migrate.js')
  })

  test('Coolify: two services of Nixpacks, each with its folder and port, one of them with a domain and one with a volume', () => {
    const calls = text('allucanget/coolify.json')
    for (const word of ['"/backend"', '"/frontend"', '12015', '12016', '"nixpacks"', 'ai.allucanget.biz', '/data'])
      expect(calls).toContain(word)
    expect(text('allucanget/backend/nixpacks.toml')).toContain('python')
  })

  test('GitHub: pages by push and by hand below the path of the repository, archives by a tag', () => {
    const pages = text('notechondria/.github/workflows/frontend-pages.yml')
    expect(parse(pages)).toMatchObject({ on: { push: { branches: ['main'] }, workflow_dispatch: {} } })
    const archives = text('notechondria/.github/workflows/portal-release.yml')
    expect(parse(archives)).toMatchObject({ on: { push: { tags: ['v*'] } } })
  })
})

interface Compose {
  services: Record<string, { image: string; healthcheck?: unknown }>
}
