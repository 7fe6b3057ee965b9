import { expect, test } from 'vitest'
import { urlPart } from './url-part.ts'

const part = (url: string, name: 'host' | 'port' | 'user' | 'password' | 'path', otherwise?: string) =>
  urlPart(url, {
    type: 'url-part',
    url: { type: 'text', text: '' },
    part: name,
    ...(otherwise !== undefined && { default: otherwise }),
  })

test('parts of an address come without its escapes', () => {
  const url = 'postgresql://app%40shop:p%40ss%2Fw%3Ard@db.example:6432/shop%20one?sslmode=require'
  const parts = (['host', 'port', 'user', 'password', 'path'] as const).map((name) => part(url, name))
  expect(parts).toEqual(['db.example', '6432', 'app@shop', 'p@ss/w:rd', 'shop one'])
  expect(part('redis://[::1]:6379/0', 'host')).toBe('::1')
  expect(part('redis://:50%@h/0', 'password')).toBe('50%')
})

test('what an address does not say is the default, or an error that shows nothing of it', () => {
  expect(part('postgresql://a:b@h/d', 'port', '5432')).toBe('5432')
  for (const url of ['postgresql://a:CANARY@h', 'CANARY'])
    expect(() => part(url, 'port')).toThrowError(
      expect.objectContaining({ code: 'E_URL', message: expect.not.stringContaining('CANARY') }),
    )
})
