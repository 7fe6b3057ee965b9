import type { IncomingMessage } from 'node:http'
import type { z } from 'zod'
import { LandfallError } from '../lib/error.ts'

/** A stored value may have a megabyte, and several come at once. */
export const MAX_INPUT_BYTES = 8 * 1024 * 1024
const MAX_DEPTH = 64

/** The input, and whatever follows its line: stdin of `exec`. */
export interface RequestBody {
  input: unknown
  rest: AsyncIterable<Uint8Array>
}

/** The whole body is the input (`isLine` false), or its first line is. */
export async function readRequest(request: IncomingMessage, isLine: boolean): Promise<RequestBody> {
  // A plain `for await` would destroy the request with its socket as soon as it is left.
  const chunks: AsyncIterator<Buffer> = request.iterator({ destroyOnReturn: false })
  const parts: Buffer[] = []
  let size = 0
  let rest: Buffer | undefined
  for (let next = await chunks.next(); !next.done; next = await chunks.next()) {
    const end = isLine ? next.value.indexOf(10) : -1
    const part = end < 0 ? next.value : next.value.subarray(0, end)
    size += part.length
    if (size > MAX_INPUT_BYTES)
      throw new LandfallError({ code: 'E_TOO_LARGE', message: `input is over ${MAX_INPUT_BYTES} bytes` })
    parts.push(part)
    if (end < 0) continue
    rest = next.value.subarray(end + 1)
    break
  }
  return { input: parseJson(Buffer.concat(parts).toString()), rest: following(rest, chunks) }
}

async function* following(first: Buffer | undefined, chunks: AsyncIterator<Buffer>): AsyncGenerator<Uint8Array> {
  if (first === undefined) return
  if (first.length > 0) yield first
  for (let next = await chunks.next(); !next.done; next = await chunks.next()) yield next.value
}

export function parseJson(text: string): unknown {
  if (depthOf(text) > MAX_DEPTH)
    throw new LandfallError({ code: 'E_DEPTH', message: `input is nested deeper than ${MAX_DEPTH} levels` })
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new LandfallError({ code: 'E_SYNTAX', message: 'input is not JSON', cause: error })
  }
}

/** Deepest nesting, counted without building anything. */
function depthOf(text: string): number {
  let depth = 0
  let deepest = 0
  let isString = false
  for (let i = 0; i < text.length; i += 1) {
    const c = text[i]
    if (isString) {
      if (c === '\\') i += 1
      else if (c === '"') isString = false
    } else if (c === '"') isString = true
    else if (c === '{' || c === '[') deepest = Math.max(deepest, ++depth)
    else if (c === '}' || c === ']') depth -= 1
  }
  return deepest
}

export function validate<S extends z.ZodType>(schema: S, input: unknown): z.infer<S> {
  const result = schema.safeParse(input)
  if (result.success) return result.data
  const issue = result.error.issues[0]
  const at = issue?.path.join('.') || undefined
  if (issue?.code === 'unrecognized_keys') {
    const keys = issue.keys.map((key) => JSON.stringify(key.slice(0, 60))).join(', ')
    throw new LandfallError({ code: 'E_UNKNOWN_KEY', message: `unknown ${issue.keys.length === 1 ? 'key' : 'keys'} ${keys}`, at })
  }
  throw new LandfallError({ code: 'E_INPUT', message: issue?.message.toLowerCase() ?? 'input is wrong', at })
}
