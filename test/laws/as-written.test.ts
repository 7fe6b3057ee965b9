import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
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
