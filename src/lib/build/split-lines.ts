import { stripVTControlCharacters } from 'node:util'

const MAX_LINE = 4000

/** Lines for people from a program's output: without colours and what progress bars overwrite, cut where they have no end. */
export function splitLines(onLine: (line: string) => void): { add(chunk: Uint8Array): void; end(): void } {
  const decoder = new TextDecoder()
  let rest = ''
  const emit = (text: string) => {
    const shown = text.replace(/\r+$/, '').split('\r').at(-1) ?? ''
    // Whatever a terminal would obey instead of show.
    onLine(
      stripVTControlCharacters(shown)
        .replace(/[^\P{Cc}\t]/gu, '')
        .slice(0, MAX_LINE),
    )
  }
  return {
    add(chunk) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) emit(line)
      if (rest.length <= MAX_LINE) return
      emit(rest)
      rest = ''
    },
    end() {
      if (rest) emit(rest)
      rest = ''
    },
  }
}
