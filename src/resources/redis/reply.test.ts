import { expect, test } from 'vitest'
import { readReply } from './reply.ts'

const read = (text: string) => readReply(Buffer.from(text))

test('lines, numbers, errors, texts and nothing are told apart, and what follows is left', () => {
  expect(read('+PONG\r\n+next')).toEqual({ type: 'text', text: 'PONG', bytes: 7 })
  expect(read(':12\r\n')).toEqual({ type: 'text', text: '12', bytes: 5 })
  expect(read('-NOAUTH no\r\n')).toEqual({ type: 'error', text: 'NOAUTH no', bytes: 12 })
  expect(read('$4\r\nü\r\n\r\n+')).toEqual({ type: 'text', text: 'ü\r\n', bytes: 10 })
  expect(read('$-1\r\n')).toEqual({ type: 'text', text: null, bytes: 5 })
})

test('what has not come whole is waited for', () => {
  const whole = '$5\r\nhello\r\n'
  for (let i = 0; i < whole.length; i++) expect(read(whole.slice(0, i)), whole.slice(0, i)).toBeUndefined()
})

test('what is no Redis is said to be none, and is not waited for without end', () => {
  for (const text of ['HTTP/1.1 400\r\n', '$x\r\n', '$-2\r\n', '$99999999999\r\n', '*1\r\n', 'x'.repeat(1024 * 1024 + 1)]) {
    expect(read(text)).toMatchObject({ type: 'error' })
  }
})
