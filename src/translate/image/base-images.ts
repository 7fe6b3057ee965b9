import { intersects, validRange } from 'semver'
import type { RuntimeWish } from '../../model/plug.ts'

/** Lines that images exist of, those first that are taken where a range leaves the choice. */
const LINES = {
  node: ['24', '22', '26', '20', '18'],
  python: ['3.13', '3.12', '3.14', '3.11', '3.10', '3.9'],
} as const

export interface BaseImages {
  runtime: 'node' | 'python' | 'none'
  /** With compilers: packages with native parts are built in it. */
  build: string
  /** What is shipped. */
  run: string
  /** The range allows more than one line, or none that has an image: what to say about it. */
  remark?: string
}

/** Debian's, for what is built on glibc runs there as it does on a server. */
export function baseImages(wishes: readonly RuntimeWish[]): BaseImages {
  const wish = wishes.find((w) => w.name === 'node' || w.name === 'python')
  if (!wish || (wish.name !== 'node' && wish.name !== 'python'))
    return { runtime: 'none', build: 'debian:bookworm', run: 'debian:bookworm-slim' }
  const { name, version } = wish
  const { tag, remark } = tagOf(name, version)
  return {
    runtime: name,
    build: `${name}:${tag}-bookworm`,
    run: `${name}:${tag}-slim-bookworm`.replace(/^node:(.*)-slim-bookworm$/, 'node:$1-bookworm-slim'),
    ...(remark && { remark }),
  }
}

function tagOf(name: 'node' | 'python', version: string): { tag: string; remark?: string } {
  if (/^\d+(\.\d+){0,2}$/.test(version)) return { tag: version }
  // A patch version of Python means its line: later ones are fixes alone.
  const line = /^~(\d+\.\d+)\.\d+$/.exec(version)?.[1]
  if (name === 'python' && line) return { tag: line }
  const fits = validRange(version) ? LINES[name].filter((l) => intersects(l, version)) : []
  const [first] = fits
  if (first === undefined) return { tag: LINES[name][0], remark: `no line of ${name} that images exist of is in ${version}` }
  return { tag: first, ...(fits.length > 1 && { remark: `${version} allows several lines of ${name}; the image has ${first}` }) }
}
