import { createServer, type IncomingMessage, type Server } from 'node:http'
import { LandfallError, shapeOf } from '../../../lib/error.ts'

const BODY_MAX = 32 * 1024 * 1024

/** What can be asked, by path; each gets the parsed body. */
export type Controls = Record<string, (input: Record<string, unknown>) => unknown>

/** JSON over HTTP on a unix socket that only our own user reaches. */
export function createControl(controls: Controls): Server {
  return createServer({ headersTimeout: 10_000 }, (request, response) => {
    answer(request, controls)
      .then(
        (result) => ({ status: 200, result: result ?? null }),
        (error: unknown) => ({ status: error instanceof LandfallError ? 409 : 500, result: shapeOf(error) }),
      )
      .then(({ status, result }) => {
        const text = JSON.stringify(result)
        response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) })
        response.end(text)
      })
  })
}

async function answer(request: IncomingMessage, controls: Controls): Promise<unknown> {
  const name = (request.url ?? '').slice(1)
  const control = Object.hasOwn(controls, name) ? controls[name] : undefined
  if (!control || request.method !== 'POST')
    throw new LandfallError({ code: 'E_EDGE_API', message: `the edge knows no \`${name}\`` })
  const parts: Buffer[] = []
  let size = 0
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length
    if (size > BODY_MAX) throw new LandfallError({ code: 'E_TOO_LARGE', message: 'the table is larger than 32 MiB' })
    parts.push(part)
  }
  const text = Buffer.concat(parts).toString('utf8')
  const input: unknown = text === '' ? {} : JSON.parse(text)
  if (typeof input !== 'object' || input === null)
    throw new LandfallError({ code: 'E_EDGE_API', message: 'the input is no object' })
  return control(input as Record<string, unknown>)
}
