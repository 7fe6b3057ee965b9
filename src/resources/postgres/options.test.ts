import { expect, test } from 'vitest'
import type { Value } from '../../model/value.ts'
import type { Found } from './find-server.ts'
import postgres from './index.ts'
import { checkOptions } from './options.ts'
import { DEFAULT_MAJOR, MAJORS, RELEASES } from './versions.ts'

const db = (options: Record<string, unknown> = {}) => ({ name: 'db', type: 'postgres', options })
const today = new Date('2026-06-01')
const findings = (options: Record<string, unknown>) =>
  checkOptions(db(options), undefined, today).map(({ code, at }) => `${code} ${at}`)

test('right options have no findings, and every major is offered for every platform', () => {
  const options = { extensions: ['pg_trgm'], connections: 50, sharedBuffers: '1Gi', startEmpty: true }
  for (const version of [...MAJORS, ...MAJORS.map(Number)]) expect(findings({ version, ...options })).toEqual([])
  for (const { integrity } of Object.values(RELEASES)) {
    expect(Object.keys(integrity)).toEqual(['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64'])
    for (const digest of Object.values(integrity)) expect(digest).toMatch(/^sha512-[A-Za-z0-9+/]{86}==$/)
  }
})

test.each<[Record<string, unknown>, string]>([
  [{ version: 9 }, 'E_VERSION version'],
  [{ version: 17.1 }, 'E_VERSION version'],
  [{ version: 'latest' }, 'E_VERSION version'],
  [{ version: '__proto__' }, 'E_VERSION version'],
  [{ version: { major: 17 } }, 'E_VERSION version'],
  [{ extensions: 'pg_trgm' }, 'E_TYPE extensions'],
  [{ extensions: ['pg_trgm', 'vector'] }, 'E_EXTENSION extensions[1]'],
  [{ extensions: ['"; drop table x; --'] }, 'E_EXTENSION extensions[0]'],
  [{ extensions: [7] }, 'E_EXTENSION extensions[0]'],
  [{ connections: 9 }, 'E_RANGE connections'],
  [{ connections: '100' }, 'E_RANGE connections'],
  [{ sharedBuffers: 128 }, 'E_RANGE sharedBuffers'],
  [{ sharedBuffers: '128MB; rm' }, 'E_RANGE sharedBuffers'],
  [{ vresion: 17 }, 'E_UNKNOWN_KEY vresion'],
  [{ url: 'postgres://user:password@host/db' }, 'E_TYPE url'],
  [{ url: { env: 'not a name' } }, 'E_TYPE url'],
  [{ url: { env: 'DATABASE_URL' }, version: 17, extensions: ['pg_trgm'] }, 'W_IGNORED extensions'],
  [{ readonlyUrl: { env: 'READ_URL' } }, 'E_CONFLICT readonlyUrl'],
  [{ url: { env: 'DATABASE_URL' }, readonlyUrl: 'postgres://x' }, 'E_TYPE readonlyUrl'],
  [{ server: 'docker' }, 'E_TYPE server'],
  [{ server: 'system', extensions: ['; drop'] }, 'E_EXTENSION extensions[0]'],
  [{ pool: 0 }, 'E_RANGE pool'],
  [{ pool: '10' }, 'E_RANGE pool'],
])('%j gives %s', (options, finding) => {
  expect(findings(options)).toEqual([finding])
})

test('the hint names what was meant', () => {
  const hint = (options: Record<string, unknown>) => postgres.check(db(options))[0]?.hint
  expect(hint({ vresion: 17 })).toContain('`version`')
  expect(hint({ extensions: ['uuid_ossp'] })).toContain('`uuid-ossp`')
  expect(hint({ extensions: ['postgis'] })).toContain('url:')
})

test('a major near or past the end of its support is a warning with the date', () => {
  const at = (day: string) => checkOptions(db({ version: 15 }), undefined, new Date(day)).map((f) => f.message)
  expect(at('2027-05-14')).toEqual([])
  expect(at('2027-06-01')).toEqual(['support of PostgreSQL 15 ends on 2027-11-11'])
  expect(at('2027-11-12')).toEqual(['support of PostgreSQL 15 ended on 2027-11-11'])
})

test('a protected environment is told that this server lags behind, and one with a server of its own is not', () => {
  const production = { name: 'production', isProtected: true }
  const codes = (options: Record<string, unknown>) => checkOptions(db(options), production, today).map((f) => f.code)
  expect(codes({})).toEqual(['W_EMBEDDED_IN_PRODUCTION'])
  const [finding] = checkOptions(db({ version: 17 }), production, today)
  expect(finding).toMatchObject({ level: 'warning', message: expect.stringContaining('PostgreSQL 17.10 of 2026-05-14') })
  for (const way of ['server: system', 'url:', 'container']) expect(finding?.hint).toContain(way)
  expect(codes({ url: { env: 'DATABASE_URL' } })).toEqual([])
})

test('it becomes one server that is replaced, never doubled, with a volume of its own', () => {
  const { components, volumes, secrets, provision } = postgres.expand(db({ version: 17, extensions: ['pg_stat_statements'] }))
  expect(components).toHaveLength(1)
  expect(components[0]).toMatchObject({
    name: 'db',
    resource: 'db',
    source: { type: 'server', resource: 'postgres', version: '17.10' },
    rollout: 'replace',
    address: 'own',
    runsAs: 'server',
    instances: 1,
    mounts: [{ volume: 'db-data', writers: 'one' }],
  })
  const command = components[0]!.command!.map((v) => (v.type === 'text' ? v.text : v))
  expect(command).toContain('shared_preload_libraries=pg_stat_statements')
  expect([volumes, provision]).toEqual([[{ name: 'db-data', runsAs: 'server' }], []])
  expect(secrets.map((s) => s.name)).toEqual(['db.password', 'db.readonlyPassword'])
})

test('no secret reaches the command or the environment of the server', () => {
  const { components } = postgres.expand(db())
  const isSecret = (v: Value): boolean => v.type === 'stored' || (v.type === 'join' && v.parts.some(isSecret))
  expect([...components[0]!.command!, ...Object.values(components[0]!.env)].some(isSecret)).toBe(false)
})

test('outputs are references, and an unknown one is named', () => {
  expect(postgres.output(db(), 'port')).toEqual({ type: 'address', component: 'db', part: 'port' })
  expect(postgres.output(db(), 'password')).toEqual({ type: 'stored', name: 'db.password', secret: true })
  const url = postgres.output(db(), 'url')
  expect(JSON.parse(JSON.stringify(url))).toEqual(url)
  for (const field of ['uri', 'constructor', 'folder']) {
    expect(() => postgres.output(db(), field), field).toThrowError(expect.objectContaining({ code: 'E_OUTPUT' }))
  }
})

test('a server of somebody else gives its url and runs nothing here', () => {
  const external = db({ url: { env: 'DATABASE_URL' } })
  expect(postgres.expand(external)).toEqual({ components: [], provision: [], volumes: [], secrets: [] })
  expect(postgres.output(external, 'url')).toEqual({ type: 'stored', name: 'DATABASE_URL', secret: true })
  const url = { type: 'stored', name: 'DATABASE_URL', secret: true }
  expect(postgres.output(external, 'host')).toEqual({ type: 'url-part', url, part: 'host' })
  expect(postgres.output(external, 'port')).toEqual({ type: 'url-part', url, part: 'port', default: '5432' })
  expect(() => postgres.output(external, 'readonlyUrl')).toThrowError(expect.objectContaining({ code: 'E_OUTPUT' }))
  const both = db({ url: { env: 'DATABASE_URL' }, readonlyUrl: { env: 'READ_URL' } })
  expect(postgres.output(both, 'readonlyUrl')).toEqual({ type: 'stored', name: 'READ_URL', secret: true })
})

test('data of the majors differs from each other and from that of another server', () => {
  expect(postgres.data?.(db())).toEqual({ type: 'postgres', version: DEFAULT_MAJOR })
  expect(postgres.data?.(db({ version: '16' }))).toEqual({ type: 'postgres', version: '16' })
  expect(postgres.data?.(db({ url: { env: 'DATABASE_URL' } }))?.type).not.toBe('postgres')
})

test('every output is there in every form', () => {
  const forms = [{}, { server: 'system' }, { url: { env: 'DATABASE_URL' }, readonlyUrl: { env: 'READ_URL' } }]
  for (const options of forms)
    for (const field of postgres.outputs) expect(postgres.output(db(options), field)).toHaveProperty('type')
  expect(postgres.output(db({ pool: 4 }), 'poolSize')).toEqual({ type: 'text', text: '4' })
})

test('a server of the distribution is looked for, and what is missing is named with the way to it', () => {
  const here = { name: 'local', isProtected: false }
  const said = (options: Record<string, unknown>, there: Found[]) => checkOptions(db(options), here, today, () => there)
  const fifteen = { folder: '/usr/lib/postgresql/15/bin', major: '15', version: '15.18' }
  expect(said({ server: 'system', version: 15 }, [fifteen])).toEqual([])
  const [missing] = said({ server: 'system', version: 17 }, [fifteen])
  expect(missing).toMatchObject({
    level: 'error',
    code: 'E_NO_POSTGRES',
    lacks: 'postgresql-17',
    message: expect.stringContaining('PostgreSQL 15.18'),
  })
  for (const way of ['landfall doctor --fix', 'apt-get install postgresql-17']) expect(missing?.hint).toContain(way)
  // A manifest that is only looked at may be for another machine.
  expect(checkOptions(db({ server: 'system', version: 17 }), undefined, today, () => [])).toEqual([])
  expect(postgres.expand(db({ server: 'system', version: 17 })).components[0]?.source).toMatchObject({
    version: expect.stringMatching(/^system-17\+[0-9a-f]{8}$/),
  })
})

test('the data of a system server is that of the embedded one of the same major', () => {
  expect(postgres.data?.(db({ server: 'system', version: 17 }))).toEqual(postgres.data?.(db({ version: 17 })))
})

test('a version resolves to the one release that is pinned, and others to an error with the list', () => {
  expect(postgres.server?.resolve('17')).toBe('17.10')
  expect(postgres.server?.resolve('17.10')).toBe('17.10')
  for (const version of ['17.9', '14', '', 'constructor']) {
    expect(() => postgres.server?.resolve(version), version).toThrowError(
      expect.objectContaining({ code: 'E_VERSION', detail: expect.stringContaining('17.10') }),
    )
  }
})
