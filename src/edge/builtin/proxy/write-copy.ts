import type { Writable } from 'node:stream'

/** A full read with the head in front of it. */
const SLAB = 80 * 1024
const KEPT = 32
const free: Buffer[] = []

/**
 * Writes a copy of bytes that will be overwritten soon, behind `head`. The copies of larger pieces lie in slabs that are used
 * again: a new buffer for each would keep the garbage collector busier than all the rest.
 */
export function writeCopy(to: Writable, head: string, bytes: Buffer, start: number, end: number): boolean {
  const size = head.length + end - start
  if (size > SLAB || size <= 4096) {
    const copy = Buffer.allocUnsafe(size)
    fill(copy, head, bytes, start, end)
    return to.write(copy)
  }
  const slab = free.pop() ?? Buffer.allocUnsafeSlow(SLAB)
  fill(slab, head, bytes, start, end)
  return to.write(slab.subarray(0, size), () => {
    if (free.length < KEPT) free.push(slab)
  })
}

function fill(into: Buffer, head: string, bytes: Buffer, start: number, end: number): void {
  into.write(head, 'latin1')
  bytes.copy(into, head.length, start, end)
}
