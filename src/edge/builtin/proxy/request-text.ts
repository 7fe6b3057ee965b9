import type { RequestHead } from '../http/request-head.ts'
import type { Downstream } from './downstream.ts'

/** The head of a request as an instance gets it. */
export function requestText(head: RequestHead, down: Downstream, id: string): string {
  const { door } = down
  let host = head.host
  let hostLine = ''
  if (!head.hasHostLine) {
    // HTTP/1.0 without a host, or a target that names it: HTTP/1.1 wants the line.
    host ||= door.type === 'host' ? door.host : `localhost:${door.port}`
    hostLine = `host: ${host}\r\n`
  }
  let framing = ''
  if (head.length > 0) framing = `content-length: ${head.length}\r\n`
  else if (head.length === -1) framing = 'transfer-encoding: chunked\r\n'
  else if (head.method === 'POST' || head.method === 'PUT' || head.method === 'PATCH') framing = 'content-length: 0\r\n'
  else if (head.isWebSocket) framing = 'connection: Upgrade\r\nupgrade: websocket\r\n'
  return (
    `${head.method} ${head.target} HTTP/1.1\r\n${hostLine}${head.lines}${framing}${down.forwardedFor(host)}` +
    `x-request-id: ${id}\r\n\r\n`
  )
}
