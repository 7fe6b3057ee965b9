/** Order of two versions such as `1.10.0` and `1.9.2-beta.1`; one with a suffix comes before the one without. */
export function compareVersions(a: string, b: string): number {
  const [coreA, suffixA] = partsOf(a)
  const [coreB, suffixB] = partsOf(b)
  const order = compareLists(coreA, coreB)
  if (order !== 0) return order
  if (suffixA.length === 0 || suffixB.length === 0) return Math.sign(suffixB.length - suffixA.length)
  return compareLists(suffixA, suffixB)
}

function partsOf(version: string): [string[], string[]] {
  const [core = '', ...suffix] = version.replace(/\+.*$/, '').split('-')
  const rest = suffix.join('-')
  return [core.split('.'), rest === '' ? [] : rest.split('.')]
}

function compareLists(a: string[], b: string[]): number {
  for (let i = 0; i < Math.max(a.length, b.length); i += 1) {
    const [x, y] = [a[i], b[i]]
    if (x === undefined || y === undefined) return x === y ? 0 : x === undefined ? -1 : 1
    const areNumbers = /^\d+$/.test(x) && /^\d+$/.test(y)
    const order = areNumbers ? Number(x) - Number(y) : x < y ? -1 : x > y ? 1 : 0
    if (order !== 0) return Math.sign(order)
  }
  return 0
}
