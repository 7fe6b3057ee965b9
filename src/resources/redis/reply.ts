export type Reply = { bytes: number } & ({ type: 'text'; text: string | null } | { type: 'error'; text: string })

const MAX_BYTES = 1024 * 1024

/** The first answer in the bytes: a line, a number, an error or a text. Undefined where it is not whole yet. */
export function readReply(bytes: Buffer): Reply | undefined {
  const end = bytes.indexOf('\r\n')
  if (end < 0) return bytes.length > MAX_BYTES ? foreign(bytes) : undefined
  const line = bytes.toString('utf8', 1, end)
  const size = end + 2
  switch (String.fromCharCode(bytes[0]!)) {
    case '+':
    case ':':
      return { type: 'text', text: line, bytes: size }
    case '-':
      return { type: 'error', text: line, bytes: size }
    case '$': {
      const length = Number(line)
      if (length === -1) return { type: 'text', text: null, bytes: size }
      if (!Number.isInteger(length) || length < 0 || length > MAX_BYTES) return foreign(bytes)
      if (bytes.length < size + length + 2) return undefined
      return { type: 'text', text: bytes.toString('utf8', size, size + length), bytes: size + length + 2 }
    }
    default:
      return foreign(bytes)
  }
}

function foreign(bytes: Buffer): Reply {
  return { type: 'error', text: 'what answers there does not speak as Redis does', bytes: bytes.length }
}
