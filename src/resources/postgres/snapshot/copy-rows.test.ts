import { expect, test } from 'vitest'
import { CopyRows, Slabs } from './copy-rows.ts'

function message(type: string, body: Buffer): Buffer {
  const head = Buffer.alloc(5)
  head.write(type, 'latin1')
  head.writeUInt32BE(body.length + 4, 1)
  return Buffer.concat([head, body])
}

/** What comes out where the bytes arrive in reads of `size`. */
function taken(bytes: Buffer, size: number): { text: string; count: number; rest: string | undefined } {
  const rows = new CopyRows(new Slabs())
  let text = ''
  const read = Buffer.alloc(size)
  const drain = () => {
    for (let piece = rows.next(); piece; piece = rows.next()) text += piece.toString('latin1')
  }
  for (let at = 0; at < bytes.length; at += size) {
    const length = bytes.copy(read, 0, at, at + size)
    rows.take(read.subarray(0, length))
    read.fill(0x21) // The buffer of a read is used again.
    if (rows.waiting > 1) drain()
  }
  drain()
  return { text, count: rows.count, rest: rows.rest?.toString('latin1') }
}

test('rows come out whole, in their order, wherever a read ends', () => {
  const lines = ['1\tone\n', '\n', `2\t${'d'.repeat(40)}\n`]
  const end = Buffer.concat([message('c', Buffer.alloc(0)), message('C', Buffer.from('COPY 3\0'))])
  const bytes = Buffer.concat([...lines.map((line) => message('d', Buffer.from(line))), end])
  for (let size = 1; size <= bytes.length; size++) {
    expect(taken(bytes, size), `reads of ${size}`).toEqual({ text: lines.join(''), count: 3, rest: end.toString('latin1') })
  }
})

test('rows larger than a piece, and pieces full of rows', () => {
  const lines = [`${'a'.repeat(3_000_000)}\n`, ...Array.from({ length: 20_000 }, (_, i) => `${i}\t${'b'.repeat(i % 200)}\n`)]
  const bytes = Buffer.concat([...lines.map((line) => message('d', Buffer.from(line))), message('c', Buffer.alloc(0))])
  for (const size of [8191, 65_536, 262_144]) {
    const { text, count } = taken(bytes, size)
    expect(count).toBe(lines.length)
    expect(text === lines.join('')).toBe(true)
  }
})

test('a table without rows ends at once', () => {
  expect(taken(message('c', Buffer.alloc(0)), 2)).toEqual({ text: '', count: 0, rest: 'c\0\0\0\x04' })
})
