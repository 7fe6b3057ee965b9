import { fileURLToPath } from 'node:url'
import type { StaticOptions } from '../../../model/app.ts'
import { headerIn } from '../http/header-line.ts'
import { statusLine } from '../proxy/answer.ts'
import type { Exchange } from '../proxy/exchange.ts'
import { extensionOf } from './content-type.ts'
import { plain, type Representation, readyRepresentation, represent } from './encode.ts'
import type { FileCache, StaticFile } from './file-cache.ts'
import { globToRegExp } from './glob.ts'
import { acceptedEncodings, isNoneMatch, parseRange, wantsHtml } from './negotiate.ts'
import { redirectFor } from './redirect.ts'
import { FileSource } from './send-file.ts'
import { staticPath } from './static-path.ts'

const DEFAULTS: StaticOptions = { spa: false, basePath: '/', redirects: [], immutable: [] }

/** A folder of files as a route serves it. */
export class StaticSite {
  readonly endpoint: string
  private readonly folder: string
  private readonly options: StaticOptions
  /** `/portal`, or empty. */
  private readonly base: string
  private readonly immutable: RegExp[]
  private readonly cache: FileCache

  constructor(endpoint: string, options: StaticOptions | undefined, cache: FileCache) {
    this.endpoint = endpoint
    this.folder = fileURLToPath(endpoint).replace(/(.)\/$/, '$1')
    this.options = options ?? DEFAULTS
    this.base = this.options.basePath.replace(/\/$/, '')
    this.immutable = this.options.immutable.map(globToRegExp)
    this.cache = cache
  }

  serve(exchange: Exchange): void {
    const { method, target } = exchange.head
    if (method !== 'GET' && method !== 'HEAD') {
      exchange.fail(405, 'files can only be read', 'allow: GET, HEAD\r\n')
      return
    }
    const mark = target.indexOf('?')
    const path = mark === -1 ? target : target.slice(0, mark)
    const query = mark === -1 ? '' : target.slice(mark)
    const redirect = redirectFor(this.options.redirects, path, query)
    if (redirect) this.redirect(exchange, redirect.status, redirect.location)
    else if (this.base !== '' && path === this.base) this.redirect(exchange, 308, `${this.base}/${query}`)
    else if (!path.startsWith(`${this.base}/`)) exchange.fail(404, `the files here lie below ${this.base}/`)
    else {
      const below = staticPath(path.slice(this.base.length))
      if ('refuse' in below) exchange.fail(below.refuse, below.refuse === 400 ? 'the path is not a plain one' : 'no such file')
      else this.serveBelow(exchange, below.segments.join('/'), below.isFolder || below.segments.length === 0, path, query)
    }
  }

  private serveBelow(exchange: Exchange, relative: string, isFolder: boolean, path: string, query: string): void {
    const name = isFolder ? (relative === '' ? 'index.html' : `${relative}/index.html`) : relative
    const file = this.cache.fresh(this.folder, name)
    if (file) {
      this.answer(exchange, file, name, 200)
      return
    }
    this.search(exchange, name, isFolder, path, query).catch((error: unknown) => {
      exchange.plane.report(error)
      exchange.fail(500, 'the file cannot be read just now')
    })
  }

  private async search(exchange: Exchange, name: string, isFolder: boolean, path: string, query: string): Promise<void> {
    const found = await this.cache.find(this.folder, name)
    if (found.type === 'file') {
      this.answer(exchange, found.file, name, 200)
      return
    }
    if (found.type === 'folder' && !isFolder) {
      const index = await this.cache.find(this.folder, `${name}/index.html`)
      if (index.type === 'file') {
        this.redirect(exchange, 308, `${path}/${query}`)
        return
      }
    }
    if (!isFolder && extensionOf(name) === '') {
      const page = await this.cache.find(this.folder, `${name}.html`)
      if (page.type === 'file') {
        this.answer(exchange, page.file, `${name}.html`, 200)
        return
      }
    }
    // A missing script must not become a page: only who asks for pages gets one where a file name stands.
    const isPage =
      extensionOf(name.replace(/(^|\/)index\.html$/, '')) === '' || wantsHtml(headerIn(exchange.head.lines, 'accept'))
    const [fallback, status] = this.options.spa && isPage ? (['index.html', 200] as const) : (['404.html', 404] as const)
    const page = await this.cache.find(this.folder, fallback)
    if (page.type === 'file') this.answer(exchange, page.file, fallback, status)
    else exchange.fail(404, 'no such file')
  }

  private answer(exchange: Exchange, file: StaticFile, name: string, status: 200 | 404): void {
    if (exchange.isOver) return
    const { lines } = exchange.head
    const range = status === 200 && exchange.head.method === 'GET' ? headerIn(lines, 'range') : undefined
    const accepted = range || !file.isCompressible ? [] : acceptedEncodings(headerIn(lines, 'accept-encoding'))
    const ready = readyRepresentation(file, accepted)
    if (ready) this.send(exchange, file, ready, name, status, range)
    else {
      represent(file, accepted, this.cache)
        .catch((error: unknown) => {
          exchange.plane.report(error)
          return plain(file)
        })
        .then((made) => this.send(exchange, file, made, name, status, undefined))
        .catch((error: unknown) => exchange.plane.report(error))
    }
  }

  private send(exchange: Exchange, file: StaticFile, made: Representation, name: string, status: number, range?: string): void {
    if (exchange.isOver) return
    const { lines, method } = exchange.head
    const etag = made.encoding ? `"${file.tag}-${made.encoding}"` : `"${file.tag}"`
    const isImmutable = status === 200 && this.immutable.some((glob) => glob.test(name))
    const common =
      `etag: ${etag}\r\ncache-control: ${isImmutable ? 'public, max-age=31536000, immutable' : 'no-cache'}\r\n` +
      `${file.isCompressible ? 'vary: accept-encoding\r\n' : ''}`
    const known = status === 200 ? headerIn(lines, 'if-none-match') : undefined
    if (known !== undefined && isNoneMatch(known, etag)) {
      exchange.beginOwn(`${statusLine(304)}${common}`, 304)
      exchange.finishOwn()
      return
    }
    const condition = headerIn(lines, 'if-range')
    const part = condition === undefined || condition === etag ? parseRange(range, made.size) : undefined
    if (part === 'unsatisfiable') {
      exchange.fail(416, 'the file is shorter', `content-range: bytes */${made.size}\r\n`)
      return
    }
    const from = part?.from ?? 0
    const length = part ? part.to - part.from + 1 : made.size
    const code = part ? 206 : status
    const head =
      `${statusLine(code)}content-type: ${file.type}\r\ncontent-length: ${length}\r\n${common}` +
      `${made.encoding ? `content-encoding: ${made.encoding}\r\n` : ''}` +
      `${part ? `content-range: bytes ${part.from}-${part.to}/${made.size}\r\n` : ''}` +
      'accept-ranges: bytes\r\nx-content-type-options: nosniff\r\n'
    if (method === 'HEAD' || length === 0 || made.body) {
      exchange.beginOwn(head, code)
      if (method !== 'HEAD' && made.body && length > 0) exchange.writeOwn(made.body.subarray(from, from + length))
      exchange.finishOwn()
      return
    }
    const source = new FileSource(exchange, made.path, from, length)
    exchange.source = source
    source.start(head, code)
  }

  /** Built from paths of the table and of the folder, never from a header. */
  private redirect(exchange: Exchange, status: number, location: string): void {
    if (exchange.isOver) return
    exchange.beginOwn(`${statusLine(status)}location: ${location}\r\ncache-control: no-cache\r\ncontent-length: 0\r\n`, status)
    exchange.finishOwn()
  }
}
