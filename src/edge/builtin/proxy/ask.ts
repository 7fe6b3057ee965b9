import { Duplex } from 'node:stream'
import { LandfallError } from '../../../lib/error.ts'
import type { EdgeAnswer, EdgeRequest } from '../../../model/plug.ts'
import { ChunkedReader } from '../http/chunked.ts'
import { headerIn } from '../http/header-line.ts'
import { type ResponseHead, readResponseHead } from '../http/response-head.ts'
import type { Door } from './door.ts'
import { Downstream } from './downstream.ts'
import type { Plane } from './plane.ts'

const BODY_MAX = 1024 * 1024
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
/** What a header's value may hold: nothing that could end its line. */
const VALUE = /^[\t\x20-\x7e\x80-\u{10ffff}]*$/u

/**
 * A request through everything that a stranger's goes through, without a socket. `hostHeader`: what a program on this machine
 * would send, where the host has a port of its own.
 */
export function ask(plane: Plane, door: Door, hostHeader: string, request: EdgeRequest): Promise<EdgeAnswer> {
  const text = requestBytes(hostHeader, request)
  const startedAt = performance.now()
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = []
    let size = 0
    let timer: NodeJS.Timeout | undefined
    const socket = new Duplex({
      allowHalfOpen: true,
      read() {},
      write(chunk: Buffer, _encoding, done) {
        size += chunk.length
        // Cut: who asks wants to look at an answer, not to fetch a film.
        // Copied: what is written lies in buffers that are used again.
        if (size <= BODY_MAX + 64 * 1024) pieces.push(Buffer.from(chunk))
        done()
        if (size > BODY_MAX + 64 * 1024) finish()
      },
      final(done) {
        done()
        finish()
      },
      destroy(error, done) {
        done(error)
        finish()
      },
    })
    const finish = () => {
      if (timer === undefined) return
      clearTimeout(timer)
      timer = undefined
      try {
        resolve(readAnswer(Buffer.concat(pieces), request, performance.now() - startedAt))
      } catch (error) {
        reject(error)
      }
      socket.destroy()
    }
    timer = setTimeout(() => {
      timer = undefined
      socket.destroy()
      reject(
        new LandfallError({
          code: 'E_ASK_TIMEOUT',
          message: `${request.method} ${request.path} was not answered within ${request.timeoutMs} ms`,
        }),
      )
    }, request.timeoutMs)
    new Downstream(plane, socket, door, '127.0.0.1')
    socket.push(text)
  })
}

function requestBytes(hostHeader: string, request: EdgeRequest): Buffer {
  const { method, path } = request
  if (!TOKEN.test(method)) throw refuse('method', method)
  if (!path.startsWith('/') || !/^[\x21-\x7e]+$/.test(path)) throw refuse('path', path)
  const given = Object.entries(request.headers)
  const names = new Set(given.map(([name]) => name.toLowerCase()))
  let lines = names.has('host') ? '' : `host: ${hostHeader}\r\n`
  for (const [name, value] of given) {
    if (!TOKEN.test(name)) throw refuse('headers', name)
    if (!VALUE.test(value)) throw refuse(`headers.${name}`, value)
    if (/^(content-length|transfer-encoding|connection|expect)$/i.test(name)) continue
    lines += `${name}: ${value}\r\n`
  }
  const body = Buffer.from(request.body ?? '', 'utf8')
  if (body.length > 0) lines += `content-length: ${body.length}\r\n`
  return Buffer.concat([Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines}connection: close\r\n\r\n`, 'utf8'), body])
}

function refuse(at: string, value: string): LandfallError {
  return new LandfallError({ code: 'E_ASK', at, message: `${at}: ${JSON.stringify(value.slice(0, 60))} cannot be sent` })
}

function readAnswer(bytes: Buffer, request: EdgeRequest, ms: number): EdgeAnswer {
  let at = 0
  let head: ResponseHead | string | undefined
  do {
    head = readResponseHead(bytes, at, bytes.length, 1024 * 1024)
    if (head === undefined || typeof head === 'string') {
      throw new LandfallError({ code: 'E_ASK', message: `${request.method} ${request.path} got no answer that could be read` })
    }
    at = head.end
  } while (head.status < 200 && head.status !== 101)
  const headers: Record<string, string> = {}
  for (const line of head.lines.split('\r\n')) {
    const colon = line.indexOf(':')
    if (colon === -1) continue
    const name = line.slice(0, colon).toLowerCase()
    const value = line.slice(colon + 1).trim()
    // The date of a cookie has a comma of its own.
    headers[name] = headers[name] === undefined ? value : `${headers[name]}${name === 'set-cookie' ? '\n' : ', '}${value}`
  }
  const id = headerIn(bytes.toString('latin1', 0, head.end), 'x-request-id')
  if (id) headers['x-request-id'] = id
  if (head.length >= 0) headers['content-length'] = String(head.length)
  const body = bodyOf(bytes, at, head)
  return { status: head.status, headers, body: body.subarray(0, BODY_MAX).toString('utf8'), ms: Math.round(ms) }
}

function bodyOf(bytes: Buffer, at: number, head: ResponseHead): Buffer {
  if (!head.isChunked) return bytes.subarray(at)
  const chunks = new ChunkedReader({ allowsExtensions: true, wantsSlices: true })
  chunks.feed(bytes, at, bytes.length)
  const slices = chunks.slices ?? []
  const parts: Buffer[] = []
  for (let i = 0; i < slices.length; i += 2) parts.push(bytes.subarray(slices[i], slices[i + 1]))
  return Buffer.concat(parts)
}
