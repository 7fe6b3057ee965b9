import { showBare } from '../lib/show.ts'

/** Where a value of the manifest stands: keys and list positions from the top. */
export type Path = readonly (string | number)[]

export interface Places {
  /** `landfall.yaml:12:3`; the manifest path where there is no file. The nearest thing above, where the path has no value. */
  at(path: Path, of?: 'key' | 'value'): string
  /** Order in the file, for sorting. */
  order(path: Path, of?: 'key' | 'value'): number
  /** Whether the number or boolean there is written as JavaScript writes it: `1.10` and `0x1F` are not. */
  isExact(path: Path): boolean
}

/** `components.web.health`, `routes[0].host`; foreign keys are escaped and cut. */
export function pathText(path: Path): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`
    const name = showBare(part)
    return text === '' ? name : `${text}.${name}`
  }, '')
}

/** One text per path, to be a key of a Map. */
export function pathKey(path: Path): string {
  return JSON.stringify(path)
}

/** The way back from `routes[0].host`, as far as names have no dots of their own. */
export function splitPath(text: string): Path {
  return text
    .replace(/\[(\d+)\]/g, '.$1')
    .split('.')
    .map((part) => (/^\d+$/.test(part) ? Number(part) : part))
}
