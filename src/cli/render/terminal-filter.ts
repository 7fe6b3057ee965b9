// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const UNFINISHED = /(?:\x1b(?:[\]PX^_][^\x07\x1b\x9c]*\x1b?|\[[0-?]*[ -/]*|[ -/]*)?)$/
// Colours pass, and what a prompt needs: carriage return, bell, backspace, tab, newline.
const SEQUENCES =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  /(\x1b\[[0-9;]*m)|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?|\x1b[ -/]*[0-~]?|[\x00-\x06\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f-\x9f]/g
const MAX_HELD = 4_096

/** What a command says to a terminal, without what could move its cursor, change its title or make it answer. */
export class TerminalFilter {
  private held = ''
  private readonly decoder = new TextDecoder()

  clean(bytes: Uint8Array): string {
    const text = this.held + this.decoder.decode(bytes, { stream: true })
    // A sequence may be cut between two chunks; one that never ends is let go as if it had.
    const cut = UNFINISHED.exec(text)?.[0] ?? ''
    this.held = cut.length > MAX_HELD ? '' : cut
    return text.slice(0, text.length - cut.length).replace(SEQUENCES, (_, colour: string | undefined) => colour ?? '')
  }
}
