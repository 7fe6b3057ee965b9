/** Commands of a Procfile by process type. They are lines for a shell, as Heroku runs them. */
export function readProcfile(text: string | undefined): Record<string, string> {
  const found: Record<string, string> = {}
  for (const line of (text ?? '').split(/\r?\n/)) {
    const match = /^([A-Za-z0-9_-]+):\s*(.+)$/.exec(line.trim())
    if (match?.[1] && match[2]) found[match[1]] = match[2].trim()
  }
  return found
}

/** Where a manifest's command has its instance's port. */
export const PORT = `\${PORT}`

/** As an array where no shell is needed for it, `$PORT` in the manifest's own way. */
export function wordsOf(line: string): string[] | undefined {
  const words = line.split(/\s+/).map((word) => word.replace(/\$PORT\b|\$\{PORT\}/g, '\0'))
  if (words.some((word) => /[|&;<>`"'\\*?(){}$]/.test(word)) || words[0]?.includes('=')) return undefined
  return words.map((word) => word.replaceAll('\0', PORT))
}
