const REASONS: Record<number, string> = {
  200: 'OK',
  204: 'No Content',
  206: 'Partial Content',
  301: 'Moved Permanently',
  302: 'Found',
  303: 'See Other',
  304: 'Not Modified',
  307: 'Temporary Redirect',
  308: 'Permanent Redirect',
  400: 'Bad Request',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  413: 'Content Too Large',
  414: 'URI Too Long',
  416: 'Range Not Satisfiable',
  417: 'Expectation Failed',
  421: 'Misdirected Request',
  431: 'Request Header Fields Too Large',
  500: 'Internal Server Error',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
  505: 'HTTP Version Not Supported',
}

export function statusLine(status: number): string {
  return `HTTP/1.1 ${status} ${REASONS[status] ?? 'Unknown'}\r\n`
}

let date = ''
let dateSecond = 0
/** `date: …` with its line end, made once a second. */
export function dateLine(): string {
  const now = Date.now()
  const second = Math.floor(now / 1000)
  if (second !== dateSecond) {
    dateSecond = second
    date = `date: ${new Date(now).toUTCString()}\r\n`
  }
  return date
}

/** A whole answer of the edge's own, after which the connection ends. Holds nothing that the client sent. */
export function answerText(
  status: number,
  why: string,
  id: string,
  options: { isHead?: boolean; isKept?: boolean; lines?: string } = {},
): { text: string; bodyBytes: number } {
  const body = `${status} ${REASONS[status] ?? ''}: ${why}\nrequest id: ${id}\n`
  const text =
    `${statusLine(status)}content-type: text/plain; charset=utf-8\r\ncontent-length: ${body.length}\r\ncache-control: no-store\r\n` +
    `x-content-type-options: nosniff\r\nx-request-id: ${id}\r\n${dateLine()}${options.lines ?? ''}` +
    `${options.isKept ? '' : 'connection: close\r\n'}\r\n`
  return { text: options.isHead ? text : text + body, bodyBytes: options.isHead ? 0 : body.length }
}
