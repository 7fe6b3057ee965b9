import { appendFileSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { exportAll } from './export-all.ts'
import { compareExport, writeExport } from './write-export.ts'

const MOVED = `exports:
  - target: dockerfile
    rename: { Dockerfile: server/Dockerfile, landfall/web/: server/docker/ }
  - { target: compose, out: deploy, rename: { compose.yaml: docker-compose.yml }, leave: [gateway/, smoke.sh] }
`

test('every listed export is written under the names that the list gives, and speaks of itself by them', async () => {
  const folder = project(MOVED)
  const all = await exportAll({ folder, today: '2026-11-21' })
  const [image, stack] = all.map((one) => Object.keys(one.answer.files).sort())
  expect(image).toContain('server/Dockerfile')
  expect(image?.filter((path) => path.startsWith('landfall/'))).toEqual([])
  expect(all[0]?.answer.files['server/Dockerfile']?.text).toContain('COPY server/docker/ /landfall/')
  expect(JSON.stringify(all[0]?.answer.steps)).toContain('-f server/Dockerfile .')
  expect(stack).toContain('docker-compose.yml')
  expect(stack?.filter((path) => path.startsWith('gateway/') || path === 'smoke.sh')).toEqual([])
  for (const { answer, out } of all) writeExport(answer, out, false)
  const again = await exportAll({ folder, today: '2027-01-01' })
  const states = again.flatMap(({ answer, out }) => compareExport(answer, out))
  expect(states.filter((s) => s.state !== 'same')).toEqual([])
  expect(readFileSync(join(folder, 'deploy/docker-compose.yml'), 'utf8')).toContain('context: ..')
})

test('files in folders of their own find one another after both have moved', async () => {
  const folder = project(`exports:
  - target: compose
    options: { per-component: folders }
    rename: { gateway/compose.yaml: docker/front/compose.yaml, gateway/default.conf: docker/nginx.conf }
`)
  const [one] = await exportAll({ folder, today: '2026-11-21' })
  expect(one?.answer.files['compose.yaml']?.text).toContain('- docker/front/compose.yaml')
  expect(one?.answer.files['docker/front/compose.yaml']?.text).toContain('- ../nginx.conf:/etc/nginx/conf.d/default.conf:ro')
})

test.each([
  ['exports: []', 'E_RANGE', 'lists nothing'],
  ['exports: [{ target: compose, into: deploy }]', 'E_UNKNOWN_KEY', 'into'],
  ['exports: [{ target: compose, out: ../deploy }]', 'E_PATH', 'inside'],
  ['exports: [{ target: nowhere }]', 'E_TARGET', 'nowhere'],
  ['exports: [{ target: compose, rename: { compose.yml: stack.yml } }]', 'E_NO_SUCH_FILE', 'compose.yml'],
  ['exports: [{ target: compose }, { target: compose, options: { compose: "1.29" } }]', 'E_EXPORT_TWICE', 'compose.yaml'],
])('a list that says %s is refused', async (text, code, word) => {
  const failed = await exportAll({ folder: project(text), today: '2026-11-21' }).catch((error: unknown) => error)
  expect(failed).toMatchObject({ code, message: expect.stringContaining(word) })
})

function project(list: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'landfall-exports-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  cpSync('test/corpus/targets/small', folder, { recursive: true })
  appendFileSync(join(folder, 'landfall.yaml'), 'routes: [{ host: small.example, to: web }]\nchecks: [{ name: home, get: / }]\n')
  writeFileSync(join(folder, 'landfall.exports.yaml'), list)
  return folder
}
