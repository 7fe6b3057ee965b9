/**
 * The path of a target as an instance would understand it: without query, unreserved letters decoded, dot segments and doubled
 * slashes resolved. Only for choosing a route; what goes on is what came.
 */
export function matchPath(target: string): string {
  const query = target.indexOf('?')
  const raw = query === -1 ? target : target.slice(0, query)
  if (!raw.includes('%') && !raw.includes('/.') && !raw.includes('//')) return raw
  const decoded = raw.replace(/%([0-9a-f]{2})/gi, (whole, hex: string) => {
    const letter = String.fromCharCode(Number.parseInt(hex, 16))
    return /[A-Za-z0-9._~-]/.test(letter) ? letter : whole.toUpperCase()
  })
  const segments: string[] = []
  const parts = decoded.split('/')
  parts.forEach((part, index) => {
    const isLast = index === parts.length - 1
    if (part === '..') segments.pop()
    else if (part !== '.' && part !== '') segments.push(part)
    if (isLast && (part === '' || part === '.' || part === '..')) segments.push('')
  })
  return `/${segments.join('/')}`
}
