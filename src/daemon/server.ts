import { once } from 'node:events'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { LandfallError, shapeOf } from '../lib/error.ts'
import { http } from '../lib/node-http.ts'
import { type OpName, opInputs, type StreamName, streamInputs } from '../ops/contract.ts'
import type { World } from '../ops/world-type.ts'
import { readRequest, validate } from './read-input.ts'
import { httpStatusOf } from './status.ts'

export interface ApiOptions {
  world: World
  /** Until it settles only the handshake is answered. */
  ready: Promise<unknown>
  say(line: string): void
  /** `stop` was asked for and has been answered. */
  onStop(): void
}
export interface Api {
  server: Server
  /** From now on everything is refused, since it would be lost. */
  refuse(): void
  /** Ends the streams, each with the reason as its last line. */
  endStreams(): Promise<void>
}

const stopped = () =>
  new LandfallError({
    code: 'E_DAEMON_STOPPED',
    message: 'the daemon is stopping',
    hint: 'try again: the next command starts it',
  })

export function createApi(options: ApiOptions): Api {
  let isRefusing = false
  const ending = new AbortController()
  const streams = new Set<Promise<void>>()
  const context: Context = {
    ...options,
    ending: ending.signal,
    refuseLate() {
      if (isRefusing) throw stopped()
    },
    async open() {
      context.refuseLate()
      await options.ready
    },
  }
  // A body that is stdin may stay open for hours; everything else has caps of its own.
  const server = http.createServer({ requestTimeout: 0, headersTimeout: 10_000 }, (request, response) => {
    const work = answer(context, request, response).catch((error: unknown) => sendError(context, response, error))
    streams.add(work)
    work.finally(() => streams.delete(work))
  })
  return {
    server,
    refuse() {
      isRefusing = true
    },
    async endStreams() {
      ending.abort(stopped())
      await Promise.allSettled(streams)
    },
  }
}

interface Context extends ApiOptions {
  ending: AbortSignal
  refuseLate(): void
  open(): Promise<void>
}

async function answer(context: Context, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const [, root, kind, name = '', more] = (request.url ?? '').split('/')
  if (root === 'v1' && kind === 'handshake' && name === '') {
    if (request.method !== 'GET') return sendMethod(response, 'GET')
    context.refuseLate()
    return sendJson(response, 200, await context.world.call('handshake', {}))
  }
  const isOp = kind === 'ops' && Object.hasOwn(opInputs, name)
  const isStream = kind === 'streams' && Object.hasOwn(streamInputs, name)
  if (root !== 'v1' || more !== undefined || (!isOp && !isStream)) {
    throw new LandfallError({ code: 'E_UNKNOWN_OP', message: `no such thing here: ${(request.url ?? '').slice(0, 60)}` })
  }
  if (request.method !== 'POST') return sendMethod(response, 'POST')
  if (isOp) return answerOp(context, name as OpName, request, response) // `hasOwn` has just said so.
  return answerStream(context, name as StreamName, request, response)
}

async function answerOp(context: Context, name: OpName, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await readRequest(request, false)
  const input = validate(opInputs[name], body.input)
  await context.open()
  // The schema is the one of this very name, which the compiler cannot see through the union.
  const result = await context.world.call(name, input as never)
  sendJson(response, 200, result)
  if (name === 'stop') response.once('close', () => context.onStop())
}

async function answerStream(context: Context, name: StreamName, request: IncomingMessage, response: ServerResponse) {
  const body = await readRequest(request, true)
  const input = validate(streamInputs[name], body.input)
  await context.open()
  const left = new AbortController()
  response.once('close', () => left.abort())
  request.once('error', () => left.abort())
  const signal = AbortSignal.any([left.signal, context.ending])
  response.writeHead(200, { 'content-type': 'application/x-ndjson', connection: 'close' })
  response.flushHeaders()
  try {
    for await (const line of context.world.stream(name, input as never, { signal, stdin: body.rest })) {
      if (left.signal.aborted) break
      await send(response, line, left.signal)
    }
    if (context.ending.aborted) throw context.ending.reason
  } catch (error) {
    if (left.signal.aborted) return
    sayUnforeseen(context, name, error)
    await send(response, { type: 'error', error: shapeOf(context.ending.aborted ? context.ending.reason : error) }, left.signal)
  } finally {
    await new Promise<void>((resolve) => (left.signal.aborted ? resolve() : response.end(resolve)))
    // What is left of its stdin has no reader any more.
    request.destroy()
  }
}

async function send(response: ServerResponse, line: unknown, left: AbortSignal): Promise<void> {
  if (response.write(`${JSON.stringify(line)}\n`) || left.aborted) return
  await once(response, 'drain', { signal: left }).catch(() => {}) // The client left: the loop looks at that itself.
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body)
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }).end(text)
}

function sendMethod(response: ServerResponse, allow: string): void {
  response.setHeader('allow', allow)
  sendJson(response, 405, { code: 'E_METHOD', message: `only ${allow} here` })
}

function sendError(context: Context, response: ServerResponse, error: unknown): void {
  const shape = shapeOf(error)
  sayUnforeseen(context, response.req.url ?? '', error)
  if (response.headersSent) return void response.destroy()
  // The body may not have been read to its end: the connection cannot be used again.
  response.setHeader('connection', 'close')
  sendJson(response, httpStatusOf(shape.code), shape)
}

function sayUnforeseen(context: Context, what: string, error: unknown): void {
  const shape = shapeOf(error)
  if (shape.code === 'E_INTERNAL') context.say(`${what}: ${shape.message}\n${shape.detail ?? ''}`)
}
