import type { Value } from '../model/value.ts'
import { LandfallError } from './error.ts'

/** A part of an address as text. The address has a password in it: no error shows it. */
export function urlPart(url: string, { part, default: otherwise }: Extract<Value, { type: 'url-part' }>): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  if (!parsed) {
    throw new LandfallError({
      code: 'E_URL',
      message: `the address whose ${part} is asked for is not one`,
      hint: 'it looks like scheme://user:password@host:port/name; what is special in user or password is written as %40 and so on',
    })
  }
  const text = textOf(parsed, part) || otherwise
  if (text !== undefined) return text
  throw new LandfallError({ code: 'E_URL', message: `the address has no ${part}`, hint: `write one with a ${part}` })
}

function textOf(url: URL, part: Extract<Value, { type: 'url-part' }>['part']): string {
  switch (part) {
    case 'host':
      return url.hostname.replace(/^\[|\]$/g, '')
    case 'port':
      return url.port
    case 'user':
      return unescaped(url.username)
    case 'password':
      return unescaped(url.password)
    case 'path':
      return unescaped(url.pathname.replace(/^\//, ''))
  }
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text // A lone % stands for itself, as clients read it too.
  }
}
