import type { SocketStep } from '../model/app.ts'
import { capture } from './capture.ts'
import { whyNotText } from './expect.ts'
import { fill, fillAll, type StepResult, urlOf, type Walk } from './walk.ts'

const MOST_BYTES = 1024 * 1024

/** The handshake through the edge, what is said, and a message that must come in time. */
export async function runWebsocket(walk: Walk, step: SocketStep): Promise<StepResult> {
  const { default: WebSocket } = await import('ws')
  const host = step.host ?? walk.hosts[0] ?? 'localhost'
  const path = fill(walk, step.path)
  const url = new URL(path, urlOf(walk, host))
  const cookie = walk.cookies.header(host)
  const given = Object.fromEntries(Object.entries(step.headers).map(([name, value]) => [name, fill(walk, value)]))
  const connection = await walk.deps.edge.dial(walk.scope, { isStaged: walk.isStaged, host })
  const socket = new WebSocket(`ws://${url.host}${url.pathname}${url.search}`, {
    headers: { origin: url.origin, ...(cookie && { cookie }), ...given },
    // Any duplex is one to HTTP; the types know sockets of the network alone.
    createConnection: (() => connection) as unknown as typeof import('node:net').createConnection,
    perMessageDeflate: false,
    maxPayload: MOST_BYTES,
  })
  const said = step.send.map((message) => fillAll(walk, message)).map((m) => (typeof m === 'string' ? m : JSON.stringify(m)))
  const request = `WebSocket ${step.path}`
  const { promise, resolve } = Promise.withResolvers<StepResult>()
  let last = ''
  const fail = (because: string) => resolve({ request, because })
  const timer = setTimeout(() => fail(tooLate(step, socket.readyState === WebSocket.OPEN, last)), step.withinSeconds * 1000)
  const onAbort = () => fail('it was cancelled')
  walk.signal.addEventListener('abort', onAbort)
  socket.on('unexpected-response', (_request, response) =>
    fail(`the handshake was answered with ${response.statusCode}, expected 101`),
  )
  socket.on('error', (error: Error) => fail(error.message))
  socket.on('close', (code: number) => fail(`the connection was closed with ${code} before the message came${last}`))
  socket.on('open', () => {
    for (const message of said) socket.send(message)
    if (!step.expect) resolve({ request, status: 101 })
  })
  socket.on('message', (data) => {
    const message = String(data)
    const wrong = step.expect && whyNotText(walk, step.expect, message, 'the message')
    if (wrong) last = `; the last one: ${wrong}`
    else {
      const because = capture(walk, step.capture, { body: message })
      resolve({ request, status: 101, ...(because && { because }) })
    }
  })
  try {
    return await promise
  } finally {
    clearTimeout(timer)
    walk.signal.removeEventListener('abort', onAbort)
    socket.terminate()
    connection.destroy()
  }
}

function tooLate(step: SocketStep, isOpen: boolean, last: string): string {
  if (!isOpen) return `the handshake was not answered within ${step.withinSeconds} s`
  return `no such message came within ${step.withinSeconds} s${last}`
}
