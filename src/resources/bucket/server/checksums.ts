import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'

/** As in `x-amz-checksum-crc32`. */
export const ALGORITHMS = ['crc32', 'crc32c', 'crc64nvme', 'sha1', 'sha256'] as const
export type Algorithm = (typeof ALGORITHMS)[number]

export interface Checksum {
  update(chunk: Uint8Array): void
  /** Base64, as it stands in headers. */
  digest(): string
}

export const isAlgorithm = (name: string): name is Algorithm => (ALGORITHMS as readonly string[]).includes(name)

export function openChecksum(algorithm: Algorithm): Checksum {
  switch (algorithm) {
    case 'crc32': {
      let value = 0
      return {
        update: (chunk) => {
          value = crc32(chunk, value)
        },
        digest: () => base64(value),
      }
    }
    case 'crc32c':
      return crc32c()
    case 'crc64nvme':
      return crc64nvme()
    case 'sha1':
    case 'sha256': {
      const hash = createHash(algorithm)
      return { update: (chunk) => void hash.update(chunk), digest: () => hash.digest('base64') }
    }
  }
}

/** Of a value that is no checksum of this algorithm at all. */
export function isChecksum(algorithm: Algorithm, text: string): boolean {
  const bytes = { crc32: 4, crc32c: 4, crc64nvme: 8, sha1: 20, sha256: 32 }[algorithm]
  return /^[A-Za-z0-9+/]+=*$/.test(text) && Buffer.from(text, 'base64').length === bytes
}

function base64(value: number): string {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value >>> 0)
  return bytes.toString('base64')
}

let tableC: Uint32Array | undefined
function crc32c(): Checksum {
  tableC ??= Uint32Array.from({ length: 256 }, (_, i) => {
    let value = i
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1
    return value
  })
  const table = tableC
  let value = 0xffffffff
  return {
    update(chunk) {
      for (let i = 0; i < chunk.length; i++) value = (value >>> 8) ^ table[(value ^ chunk[i]!) & 0xff]!
    },
    digest: () => base64(~value),
  }
}

/** 64 bits as two halves, since numbers hold 53. */
let table64: { high: Uint32Array; low: Uint32Array } | undefined
function crc64nvme(): Checksum {
  table64 ??= makeTable64()
  const { high: tableHigh, low: tableLow } = table64
  let high = 0xffffffff
  let low = 0xffffffff
  return {
    update(chunk) {
      for (let i = 0; i < chunk.length; i++) {
        const index = (low ^ chunk[i]!) & 0xff
        low = ((low >>> 8) | (high << 24)) ^ tableLow[index]!
        high = (high >>> 8) ^ tableHigh[index]!
      }
    },
    digest() {
      const bytes = Buffer.alloc(8)
      bytes.writeUInt32BE(~high >>> 0, 0)
      bytes.writeUInt32BE(~low >>> 0, 4)
      return bytes.toString('base64')
    },
  }
}

function makeTable64() {
  const polynomial = 0x9a6c9329ac4bc9b5n
  const high = new Uint32Array(256)
  const low = new Uint32Array(256)
  for (let i = 0; i < 256; i++) {
    let value = BigInt(i)
    for (let bit = 0; bit < 8; bit++) value = value & 1n ? (value >> 1n) ^ polynomial : value >> 1n
    high[i] = Number(value >> 32n)
    low[i] = Number(value & 0xffffffffn)
  }
  return { high, low }
}
