import { request } from 'node:http'
import { codeOf, LandfallError } from '../../../lib/error.ts'
import type { ErrorShape } from '../../../model/event.ts'

export interface CallOptions {
  timeoutMs?: number
}

/** Asks an edge on its control socket, once. System errors come as they are: they tell whether it lives. */
export function callOnce<T>(socketPath: string, name: string, input: object, options: CallOptions = {}): Promise<T> {
  const text = JSON.stringify(input)
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }
    const asking = request({ socketPath, method: 'POST', path: `/${name}`, headers, agent: false }, (response) => {
      let body = ''
      response.setEncoding('utf8')
      response.on('data', (part: string) => {
        body += part
      })
      response.on('error', reject)
      response.on('end', () => {
        try {
          const answer: unknown = JSON.parse(body)
          // The edge's word, by what it and this file agree on.
          if (response.statusCode === 200) resolve(answer as T)
          else reject(new LandfallError(answer as ErrorShape))
        } catch (error) {
          reject(new LandfallError({ code: 'E_EDGE_API', message: `the edge answered no JSON to \`${name}\``, cause: error }))
        }
      })
      response.on('aborted', () => reject(Object.assign(new Error('the edge died while it answered'), { code: 'ECONNRESET' })))
    })
    asking.setTimeout(options.timeoutMs ?? 30_000, () =>
      asking.destroy(new LandfallError({ code: 'E_EDGE_SILENT', message: `the edge did not answer \`${name}\` in time` })),
    )
    asking.on('error', reject)
    asking.end(text)
  })
}

/** Nobody listens there, or whoever did has just died. */
export function isGone(error: unknown): boolean {
  return ['ENOENT', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE'].includes(codeOf(error) ?? '')
}
