import type { ClientRequest, IncomingMessage } from 'node:http'
import type { z } from 'zod'
import { codeOf, LandfallError } from '../lib/error.ts'
import { http } from '../lib/node-http.ts'
import type { ErrorShape } from '../model/event.ts'
import type { OpAnswers, OpName, opInputs, StreamLines, StreamName, streamInputs } from '../ops/contract.ts'
import { logTail } from './log-tail.ts'
import { daemonPaths } from './paths.ts'

export type CallInput<N extends OpName> = z.input<(typeof opInputs)[N]>
export type WatchInput<N extends StreamName> = z.input<(typeof streamInputs)[N]>

/** Asks the daemon of `home`. Its errors come back as they were thrown there. */
export async function call<N extends OpName>(home: string, name: N, input: CallInput<N>): Promise<OpAnswers[N]> {
  const text = JSON.stringify(input)
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }
  const asked = ask(home, { method: 'POST', path: `/v1/ops/${name}`, headers })
  asked.request.end(text)
  return readAnswer(home, await asked.response)
}

export async function handshake(home: string, timeoutMs = 5_000): Promise<OpAnswers['handshake']> {
  const asked = ask(home, { method: 'GET', path: '/v1/handshake', headers: {}, timeoutMs })
  asked.request.end()
  const answer: unknown = await readAnswer(home, await asked.response)
  if (typeof answer === 'object' && answer !== null && 'service' in answer && answer.service === 'landfall') {
    return answer as OpAnswers['handshake'] // Only Landfall says so.
  }
  throw notLandfall(home, JSON.stringify(answer))
}

export interface WatchOptions {
  signal?: AbortSignal
  /** Follows the input as the request's body. */
  stdin?: NodeJS.ReadableStream
}

/** Lines of a stream, until its end; a cut connection is E_DAEMON_LOST. */
export async function* watch<N extends StreamName>(
  home: string,
  name: N,
  input: WatchInput<N>,
  options: WatchOptions = {},
): AsyncGenerator<StreamLines[N]> {
  const headers = { 'content-type': 'application/x-ndjson' }
  const asked = ask(home, { method: 'POST', path: `/v1/streams/${name}`, headers, signal: options.signal })
  asked.request.write(`${JSON.stringify(input)}\n`)
  if (options.stdin) options.stdin.pipe(asked.request)
  else asked.request.end()
  try {
    const response = await asked.response
    if (response.statusCode !== 200) await readAnswer(home, response)
    for await (const line of linesOf(response)) {
      const document = JSON.parse(line)
      if (document.type === 'error') throw errorOf(document.error)
      yield document
    }
  } catch (error) {
    if (!options.signal?.aborted) throw error instanceof LandfallError ? error : lost(home, error)
  } finally {
    options.stdin?.unpipe(asked.request)
    asked.request.destroy()
  }
}

interface Question {
  method: string
  path: string
  headers: Record<string, string | number>
  signal?: AbortSignal | undefined
  timeoutMs?: number
}

function ask(home: string, question: Question): { request: ClientRequest; response: Promise<IncomingMessage> } {
  const { method, path, headers, signal } = question
  const socketPath = daemonPaths(home).socket
  // One connection each, gone with its answer: a kept one would hold the program's end back.
  const asking = http.request({ socketPath, method, path, headers, agent: false, ...(signal && { signal }) })
  const response = new Promise<IncomingMessage>((resolve, reject) => {
    asking.once('response', resolve)
    // Stays on: after the answer has begun, errors come from its body too.
    asking.on('error', (error) => reject(error instanceof LandfallError ? error : connectError(home, error)))
    if (!question.timeoutMs) return
    asking.setTimeout(question.timeoutMs, () => asking.destroy(silent(home, question.timeoutMs ?? 0)))
  })
  response.catch(() => {}) // Whoever awaits it hears of it; a signal may come before anybody does.
  return { request: asking, response }
}

async function readAnswer<T>(home: string, response: IncomingMessage): Promise<T> {
  let text = ''
  try {
    response.setEncoding('utf8')
    for await (const part of response) text += part
  } catch (error) {
    throw lost(home, error)
  }
  let body: unknown
  try {
    body = JSON.parse(text)
  } catch {
    throw notLandfall(home, text)
  }
  if (response.statusCode === 200) return body as T // The daemon's word, by the contract of its API version.
  throw errorOf(body as ErrorShape)
}

async function* linesOf(response: IncomingMessage): AsyncGenerator<string> {
  response.setEncoding('utf8')
  let rest = ''
  for await (const part of response as AsyncIterable<string>) {
    const lines = (rest + part).split('\n')
    rest = lines.pop() ?? ''
    yield* lines
  }
}

function errorOf(shape: Partial<ErrorShape>): LandfallError {
  const { code = 'E_INTERNAL', message = 'the daemon gave no reason', at, detail, hint } = shape
  return new LandfallError({ code, message, ...(at && { at }), ...(detail && { detail }), ...(hint && { hint }) })
}

const ABSENT = new Set(['ENOENT', 'ECONNREFUSED', 'ENOTSOCK', 'ENOTDIR'])

function connectError(home: string, error: Error): LandfallError {
  const code = codeOf(error) ?? ''
  if (ABSENT.has(code)) {
    return new LandfallError({
      code: 'E_NO_DAEMON',
      message: `no daemon serves ${home}`,
      hint: '`landfall serve` starts it',
      cause: error,
    })
  }
  if (code === 'EACCES' || code === 'EPERM') {
    const message = `not allowed to reach the daemon of ${home}`
    return new LandfallError({ code: 'E_OWNER', message, hint: 'run landfall as the user who owns that folder', cause: error })
  }
  // The parser of node:http did not find HTTP.
  if (code.startsWith('HPE_')) return notLandfall(home, error.message)
  return lost(home, error)
}

function lost(home: string, error: unknown): LandfallError {
  return new LandfallError({
    code: 'E_DAEMON_LOST',
    message: 'the daemon went away before it had answered',
    ...logTail(home),
    hint: 'try again: the next command starts it, and it goes on where it was; apps are not touched',
    cause: error,
  })
}

function silent(home: string, timeoutMs: number): LandfallError {
  return new LandfallError({
    code: 'E_DAEMON',
    message: `the daemon of ${home} did not answer within ${timeoutMs / 1000} s`,
    ...logTail(home),
    hint: '`landfall stop` ends it; apps go on',
  })
}

function notLandfall(home: string, text: string): LandfallError {
  const message = `what answers at ${daemonPaths(home).socket} is not Landfall`
  return new LandfallError({ code: 'E_SERVER_VERSION', message, detail: text.slice(0, 200) })
}
