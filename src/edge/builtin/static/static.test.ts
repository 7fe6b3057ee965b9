import { mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type AskOptions, EdgeWorld, raw, shop, startLoad, until } from '../../../../test/edge-world.ts'
import type { StaticOptions } from '../../../model/app.ts'
import builtin from '../index.ts'
import { globToRegExp } from './glob.ts'
import { acceptedEncodings, parseRange } from './negotiate.ts'

let world: EdgeWorld
let folder: string
let epoch = 0
const page = '<!doctype html><title>home</title>'
const script = `console.log(${JSON.stringify('x'.repeat(5000))})\n`
const big = Buffer.alloc(3_000_000, 'big file ')

beforeAll(async () => {
  world = await EdgeWorld.start(builtin)
  folder = mkdtempSync(join(tmpdir(), 'edge-site-'))
  const files: Record<string, string | Buffer> = {
    'index.html': page,
    'about.html': 'about',
    'docs/index.html': 'docs',
    'assets/app-1a2b3c.js': script,
    'assets/ready.css': 'body{}'.repeat(500),
    'assets/ready.css.br': 'packed by the build',
    'assets/ready.css.gz': 'zipped by the build',
    'picture.png': Buffer.alloc(5000, 1),
    'big.bin': big,
    'empty.txt': '',
    'ünï cödé.txt': 'unicode',
    '.env': 'SECRET=1',
    '.git/config': 'secret',
    '.well-known/security.txt': 'contact',
    '404.html': 'not here',
  }
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(folder, name, '..'), { recursive: true })
    writeFileSync(join(folder, name), content)
  }
  writeFileSync(join(folder, '..', 'edge-outside.txt'), 'outside')
  symlinkSync(join(folder, '..', 'edge-outside.txt'), join(folder, 'way-out.txt'))
  symlinkSync('/etc', join(folder, 'etc'))
  symlinkSync('about.html', join(folder, 'inside.html'))
  symlinkSync('loop.txt', join(folder, 'loop.txt'))
  await serve()
})
afterAll(async () => {
  await world.close()
  rmSync(folder, { recursive: true })
  rmSync(join(folder, '..', 'edge-outside.txt'))
})

async function serve(options: Partial<StaticOptions> = {}, path = '/'): Promise<void> {
  const serve: StaticOptions = { spa: false, basePath: '/', redirects: [], immutable: ['assets/**'], ...options }
  const line = { host: 'site.example', path, component: 'site', release: 'r1', endpoints: [`file://${folder}`], serve }
  await world.edge.swap(shop, { routes: [line], internal: [] }, ++epoch)
}
const get = (path: string, options: AskOptions = {}) => world.get('site.example', path, options)
const status = async (path: string, options: AskOptions = {}) => (await get(path, options)).status

describe('a folder', () => {
  test('has types, tags and lengths', async () => {
    const answer = await get('/')
    expect([answer.status, answer.body]).toEqual([200, page])
    expect(answer.headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'content-length': String(page.length),
      'cache-control': 'no-cache',
      'x-content-type-options': 'nosniff',
      'accept-ranges': 'bytes',
      etag: expect.stringMatching(/^"[\w-]{22}"$/),
      vary: 'accept-encoding',
    })
    const types: Record<string, string> = {
      '/assets/app-1a2b3c.js': 'text/javascript; charset=utf-8',
      '/picture.png': 'image/png',
      '/big.bin': 'application/octet-stream',
      '/empty.txt': 'text/plain; charset=utf-8',
    }
    for (const [path, type] of Object.entries(types)) expect((await get(path)).headers['content-type']).toBe(type)
    expect((await get('/empty.txt')).body).toBe('')
    expect((await get('/big.bin')).bytes.equals(big)).toBe(true)
    expect((await get('/%C3%BCn%C3%AF%20c%C3%B6d%C3%A9.txt')).body).toBe('unicode')
  })

  test('is asked again only for what changed', async () => {
    const first = await get('/')
    const etag = String(first.headers.etag)
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const answer = await get('/', { headers: { 'if-none-match': known } })
      expect([answer.status, answer.body, answer.headers.etag]).toEqual([304, '', etag])
    }
    expect(await status('/', { headers: { 'if-none-match': '"other"' } })).toBe(200)
    // The same text with another time is the same page; another text with the same time and size is not.
    const file = join(folder, 'index.html')
    const { mtime } = statSync(file)
    utimesSync(file, new Date(0), new Date(0))
    await new Promise((resolve) => setTimeout(resolve, 1100))
    expect((await get('/')).headers.etag).toBe(etag)
    writeFileSync(file, page.replace('home', 'HOME'))
    utimesSync(file, mtime, mtime)
    await new Promise((resolve) => setTimeout(resolve, 1100))
    expect((await get('/')).headers.etag).not.toBe(etag)
    writeFileSync(file, page)
    await until(async () => (await get('/')).headers.etag === etag, 'the page to be as it was')
  })

  test('caches for a year what its globs say', async () => {
    expect((await get('/assets/app-1a2b3c.js')).headers['cache-control']).toBe('public, max-age=31536000, immutable')
    expect((await get('/about.html')).headers['cache-control']).toBe('no-cache')
  })

  test('is read by GET and HEAD alone', async () => {
    const head = await get('/assets/app-1a2b3c.js', { method: 'HEAD' })
    expect([head.status, head.body, head.headers['content-length']]).toEqual([200, '', String(script.length)])
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']) {
      const answer = await get('/', { method, body: method === 'POST' ? 'x'.repeat(100_000) : undefined })
      expect([answer.status, answer.headers.allow]).toEqual([405, 'GET, HEAD'])
    }
  })

  test('packs what gains by it, in the encoding that the client takes', async () => {
    const packed = (accept: string, path = '/assets/app-1a2b3c.js') => get(path, { headers: { 'accept-encoding': accept } })
    const br = await packed('gzip, deflate, br, zstd')
    expect(br.headers).toMatchObject({ 'content-encoding': 'br', vary: 'accept-encoding' })
    expect(brotliDecompressSync(br.bytes).toString()).toBe(script)
    const gzip = await packed('gzip')
    expect(gzip.headers['content-encoding']).toBe('gzip')
    expect(gunzipSync(gzip.bytes).toString()).toBe(script)
    const none = await packed('br;q=0, identity')
    expect([none.headers['content-encoding'], none.body]).toEqual([undefined, script])
    const tags = [br, gzip, none].map((answer) => answer.headers.etag)
    expect(new Set(tags).size).toBe(3)
    const known = await get('/assets/app-1a2b3c.js', {
      headers: { 'accept-encoding': 'br', 'if-none-match': String(br.headers.etag) },
    })
    expect(known.status).toBe(304)
    expect((await packed('br', '/picture.png')).headers['content-encoding']).toBeUndefined()
    expect((await packed('br', '/picture.png')).headers.vary).toBeUndefined()
    expect((await packed('br', '/assets/ready.css')).body).toBe('packed by the build')
    expect((await packed('gzip', '/assets/ready.css')).body).toBe('zipped by the build')
    const head = await get('/assets/app-1a2b3c.js', { method: 'HEAD', headers: { 'accept-encoding': 'br' } })
    expect(head.headers['content-length']).toBe(String(br.bytes.length))
  })

  test('gives parts', async () => {
    const part = (range: string, headers: Record<string, string> = {}) => get('/big.bin', { headers: { range, ...headers } })
    for (const [range, from, to] of [
      ['bytes=0-9', 0, 9],
      ['bytes=100-199', 100, 199],
      ['bytes=2999990-', 2_999_990, 2_999_999],
      ['bytes=-5', 2_999_995, 2_999_999],
      ['bytes=2999999-9999999', 2_999_999, 2_999_999],
      ['bytes=1000000-2500000', 1_000_000, 2_500_000],
    ] as const) {
      const answer = await part(range)
      expect([answer.status, answer.headers['content-range']]).toEqual([206, `bytes ${from}-${to}/3000000`])
      expect(answer.bytes.equals(big.subarray(from, to + 1))).toBe(true)
    }
    const behind = await part('bytes=3000000-')
    expect([behind.status, behind.headers['content-range']]).toEqual([416, 'bytes */3000000'])
    for (const whole of ['bytes=5-1', 'bytes=a-b', 'lines=1-2', 'bytes=0-1,5-6', 'bytes=-'])
      expect((await part(whole)).status).toBe(200)
    const etag = String((await get('/big.bin')).headers.etag)
    expect((await part('bytes=0-1', { 'if-range': etag })).status).toBe(206)
    expect((await part('bytes=0-1', { 'if-range': '"other"' })).status).toBe(200)
    expect((await part('bytes=0-1', { 'if-range': 'Wed, 21 Oct 2015 07:28:00 GMT' })).status).toBe(200)
    const text = await get('/assets/app-1a2b3c.js', { headers: { range: 'bytes=0-10', 'accept-encoding': 'br' } })
    expect([text.status, text.headers['content-encoding'], text.body]).toEqual([206, undefined, script.slice(0, 11)])
  })

  test('has its pages with and without their ending, and sends folders to their slash with the query', async () => {
    expect((await get('/about')).body).toBe('about')
    const answer = await get('/docs?a=b&c')
    expect([answer.status, answer.headers.location]).toEqual([308, '/docs/?a=b&c'])
    expect((await get('/docs/')).body).toBe('docs')
    expect(await status('/assets/')).toBe(404)
    expect(await status('/assets')).toBe(404)
  })

  test('answers what is not there with its own page', async () => {
    const answer = await get('/nothing.js')
    expect([answer.status, answer.body, answer.headers['cache-control']]).toEqual([404, 'not here', 'no-cache'])
  })

  test.each([
    '/.env',
    '/.git/config',
    '/docs/../.env',
    '/way-out.txt',
    '/etc/passwd',
    '/loop.txt',
    '/%2e%2e/edge-outside.txt',
    '/..%2fedge-outside.txt',
    '/../edge-outside.txt',
    '/docs/../../edge-outside.txt',
    '/..%5cedge-outside.txt',
    '/..\\edge-outside.txt',
    '/index.html%00.png',
    '/%2eenv',
    '//edge-outside.txt',
    '//evil.example/',
    '/docs//',
    '/%ff%fe',
    `/${'a'.repeat(300)}`,
    `/${'a/'.repeat(2000)}`,
    '/docs%2findex.html',
    '/big.bin/',
  ])('does not let %s through', async (path) => {
    const text = await raw(world.port, `GET ${path} HTTP/1.1\r\nhost: site.example\r\nconnection: close\r\n\r\n`)
    expect(text).toMatch(/^HTTP\/1\.1 (400|404) /)
    expect(text).not.toMatch(/SECRET|secret|outside|root:|location:/)
  })

  test('follows links that stay inside, and serves .well-known', async () => {
    expect((await get('/inside.html')).body).toBe('about')
    expect((await get('/.well-known/security.txt')).body).toBe('contact')
  })

  test('counts as in flight while a client still fetches, and a file that shrinks meanwhile is never taken for whole', async () => {
    const file = join(folder, 'film.bin')
    writeFileSync(file, Buffer.alloc(60_000_000, 1))
    const socket = connect(world.port, '127.0.0.1')
    socket.on('error', () => {})
    let length = 0
    let hasEnded = false
    socket.on('close', () => {
      hasEnded = true
    })
    socket.pause()
    socket.write('GET /film.bin HTTP/1.1\r\nhost: site.example\r\n\r\n')
    await until(async () => (await world.edge.inFlight(`file://${folder}`)) === 1, 'the request')
    truncateSync(file, 20_000_000)
    socket.on('data', (part) => {
      length += part.length
    })
    socket.resume()
    await until(() => hasEnded, 'the end')
    expect(length).toBeLessThan(60_000_000)
    expect(await world.edge.inFlight(`file://${folder}`)).toBe(0)
  })
})

describe('options', () => {
  test('a single-page app answers its paths with the page, and missing files as missing', async () => {
    await serve({ spa: true })
    for (const path of ['/users/7', '/users/7/', '/deep/er/path?x']) {
      const answer = await get(path, { headers: { accept: '*/*' } })
      expect([answer.status, answer.body, answer.headers['cache-control']]).toEqual([200, page, 'no-cache'])
    }
    expect(await status('/assets/gone-99.js', { headers: { accept: '*/*' } })).toBe(404)
    expect(await status('/assets/gone-99.js')).toBe(404)
    expect((await get('/v1.2', { headers: { accept: 'text/html,application/xhtml+xml' } })).body).toBe(page)
    await serve()
  })

  test('files built for a path below are served there', async () => {
    await serve({ basePath: '/portal/' }, '/portal')
    expect((await get('/portal/')).body).toBe(page)
    expect((await get('/portal/docs/')).body).toBe('docs')
    const bare = await get('/portal?x=1')
    expect([bare.status, bare.headers.location]).toEqual([308, '/portal/?x=1'])
    expect((await get('/portal/docs')).headers.location).toBe('/portal/docs/')
    expect(await status('/portalx')).toBe(404)
    await serve({ basePath: '/portal' }, '/')
    expect((await get('/portal/about')).body).toBe('about')
    expect(await status('/about')).toBe(404)
    await serve()
  })

  test('redirects go where the table says', async () => {
    await serve({
      redirects: [
        { from: '/old', to: '/new', status: 301 },
        { from: '/away', to: 'https://other.example/x?fixed=1', status: 302 },
        { from: '/blog/*', to: '/posts/*', status: 308 },
      ],
    })
    const location = async (path: string) => {
      const answer = await get(path)
      return [answer.status, answer.headers.location]
    }
    expect(await location('/old?a=b')).toEqual([301, '/new?a=b'])
    expect(await location('/old/')).toEqual([301, '/new'])
    expect(await location('/away?a=b')).toEqual([302, 'https://other.example/x?fixed=1'])
    expect(await location('/blog/2024/x')).toEqual([308, '/posts/2024/x'])
    await serve({ redirects: [{ from: '/go/*', to: '/*', status: 302 }] })
    expect(await location('/go//evil.example')).toEqual([302, '/evil.example'])
    await serve()
  })

  test('a swap of folders under load fails no request', async () => {
    const load = startLoad(world.port, 'site.example', {
      clients: 8,
      paths: ['/', '/assets/app-1a2b3c.js', '/big.bin', '/about'],
    })
    for (let n = 0; n < 10; n++) {
      const before = load.count()
      await serve({ spa: n % 2 === 0 })
      await until(() => load.count() > before + 20, 'requests')
    }
    const { failed } = await load.stop()
    expect(failed).toEqual([])
  })
})

test('globs', () => {
  const matches = (glob: string, path: string) => globToRegExp(glob).test(path)
  for (const [glob, path, isMatch] of [
    ['assets/**', 'assets/a/b.js', true],
    ['assets/**', 'x/assets/a.js', false],
    ['*.js', 'deep/a.js', true],
    ['*.js', 'a.jsx', false],
    ['/*.js', 'a.js', true],
    ['**/*.{js,css}', 'a/b/c.css', true],
    ['**/*.{js,css}', 'c.css', true],
    ['_next/static/*/x', '_next/static/a/x', true],
    ['_next/static/*/x', '_next/static/a/b/x', false],
    ['a?.txt', 'ab.txt', true],
    ['a+(b).js', 'a+(b).js', true],
    ['**', 'any/thing', true],
  ] as const) {
    expect([glob, path, matches(glob, path)]).toEqual([glob, path, isMatch])
  }
})

test('encodings and ranges are read as the standard says', () => {
  expect(acceptedEncodings('gzip;q=0.5, br;q=1.0')).toEqual(['br', 'gzip'])
  expect(acceptedEncodings('*')).toEqual(['br', 'gzip'])
  expect(acceptedEncodings('*;q=0, gzip')).toEqual(['gzip'])
  expect(acceptedEncodings('identity')).toEqual([])
  expect(parseRange('bytes=0-0', 0)).toBe('unsatisfiable')
  expect(parseRange('bytes=-0', 10)).toBe('unsatisfiable')
  expect(parseRange('bytes=-20', 10)).toEqual({ from: 0, to: 9 })
})
