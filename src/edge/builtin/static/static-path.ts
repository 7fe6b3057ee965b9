/** A path below a served folder, or why there is none. */
export type StaticPath = { segments: string[]; isFolder: boolean } | { refuse: 400 | 404 }

/**
 * The path of a request below its site, decoded once. Nothing that leads out of the folder, hides in it, or reads differently to
 * the file system than to us gets through.
 */
export function staticPath(path: string): StaticPath {
  const parts = path.split('/').slice(1)
  const isFolder = parts.at(-1) === ''
  if (isFolder) parts.pop()
  const segments: string[] = []
  for (const part of parts) {
    const segment = decode(part)
    if (segment === undefined || /[/\\]/.test(segment) || hasControl(segment)) return { refuse: 400 }
    if (segment === '..' || segment === '.') return { refuse: 400 }
    // An empty one would make `//elsewhere.example/` of a redirect.
    if (segment === '') return { refuse: 404 }
    if (segment.startsWith('.') && segment !== '.well-known') return { refuse: 404 }
    if (segment.length > 255) return { refuse: 404 }
    segments.push(segment)
  }
  return { segments, isFolder }
}

function decode(text: string): string | undefined {
  if (!text.includes('%')) return text
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined // No UTF-8.
  }
}

function hasControl(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) < 0x20 || text.charCodeAt(i) === 0x7f) return true
  return false
}
