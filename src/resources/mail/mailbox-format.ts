// What the server writes and Landfall reads: `index.jsonl`, a line for each message, and the message itself beside it.
import { join } from 'node:path'

export const KIND = 'mailbox'
export const VERSION = 1

/** Enough for any test of an app; what is older goes. */
export const BOUNDS = { messages: 1000, bytes: 200 * 1024 ** 2, messageBytes: 25 * 1024 ** 2, recipients: 100 }
export type Bounds = typeof BOUNDS

/** The envelope of a message: who handed it in, and for whom. */
export interface Envelope {
  /** Counts from 1; the name of its file. */
  id: number
  at: string
  from: string
  to: string[]
  /** Name that the sender logged in with. */
  user: string
  sizeBytes: number
}

export const indexFile = (folder: string) => join(folder, 'index.jsonl')
export const messagesFolder = (folder: string) => join(folder, 'messages')
export const messageFile = (folder: string, id: number) => join(folder, 'messages', `${id}.eml`)

/** Undefined for anything that is no line of an index, such as a line that was cut off. */
export function readLine(line: string): Envelope | undefined {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    return undefined
  }
  if (typeof value !== 'object' || value === null) return undefined
  const { id, at, from, to, user, sizeBytes } = value as Partial<Record<keyof Envelope, unknown>>
  const isNumber = (n: unknown): n is number => typeof n === 'number' && Number.isSafeInteger(n) && n >= 0
  if (!isNumber(id) || id < 1 || !isNumber(sizeBytes)) return undefined
  if (typeof at !== 'string' || typeof from !== 'string' || typeof user !== 'string') return undefined
  if (!Array.isArray(to) || !to.every((each) => typeof each === 'string')) return undefined
  return { id, at, from, to, user, sizeBytes }
}
