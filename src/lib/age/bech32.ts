import { LandfallError } from '../error.ts'

// How age writes its keys (BIP 173): a name, `1`, data in letters that are not mixed up, and a checksum.
const LETTERS = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l'
const GENERATORS = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3]

export function toBech32(name: string, bytes: Uint8Array): string {
  const data = regroup([...bytes], 8, 5, true)
  const checked = [...spread(name), ...data, 0, 0, 0, 0, 0, 0]
  const sum = polymod(checked) ^ 1
  const tail = [0, 1, 2, 3, 4, 5].map((i) => (sum >>> (5 * (5 - i))) & 31)
  return `${name}1${[...data, ...tail].map((v) => LETTERS[v]).join('')}`
}

/** The bytes behind `<name>1…`; E_KEY where a letter is wrong. Upper case is taken too. */
export function fromBech32(name: string, text: string): Buffer {
  const lower = text.toLowerCase()
  const values = [...lower.slice(name.length + 1)].map((letter) => LETTERS.indexOf(letter))
  const isWhole = lower.startsWith(`${name}1`) && values.length >= 6 && !values.includes(-1)
  if (!isWhole || polymod([...spread(name), ...values]) !== 1) {
    throw new LandfallError({
      code: 'E_KEY',
      message: `this is no key that begins with ${name}1: a letter is missing or wrong`,
    })
  }
  return Buffer.from(regroup(values.slice(0, -6), 5, 8, false))
}

const spread = (name: string) => [...[...name].map((c) => c.charCodeAt(0) >> 5), 0, ...[...name].map((c) => c.charCodeAt(0) & 31)]

function polymod(values: number[]): number {
  let sum = 1
  for (const value of values) {
    const top = sum >>> 25
    sum = ((sum & 0x1ffffff) << 5) ^ value
    for (const [i, generator] of GENERATORS.entries()) if ((top >>> i) & 1) sum ^= generator
  }
  return sum >>> 0
}

function regroup(values: number[], from: number, to: number, isPadded: boolean): number[] {
  const out: number[] = []
  let bits = 0
  let rest = 0
  for (const value of values) {
    rest = ((rest << from) | value) & 0xffff
    bits += from
    while (bits >= to) {
      bits -= to
      out.push((rest >>> bits) & ((1 << to) - 1))
    }
  }
  if (isPadded && bits > 0) out.push((rest << (to - bits)) & ((1 << to) - 1))
  return out
}
