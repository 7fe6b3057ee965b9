import pc from 'picocolors'

type Colors = ReturnType<typeof pc.createColors>

/** How one output stream is written to: colours and signs only where somebody looks. */
export interface Look {
  paint: Colors
  /** Columns of the terminal; absent where text is not cut. */
  columns?: number | undefined
  rows?: number | undefined
  isTerminal: boolean
  signs: Signs
}
export interface Signs {
  ok: string
  failed: string
  pending: string
  undone: string
  warning: string
  bar: string
  arrow: string
  dots: string
  separator: string
  spinner: string[]
}

const UNICODE: Signs = {
  ok: '✓',
  failed: '✗',
  pending: '·',
  undone: '↶',
  warning: '!',
  bar: '│',
  arrow: '→',
  dots: '…',
  separator: '·',
  spinner: ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'],
}
const ASCII: Signs = {
  ok: 'ok',
  failed: 'x',
  pending: '-',
  undone: '<',
  warning: '!',
  bar: '|',
  arrow: '->',
  dots: '..',
  separator: '-',
  spinner: ['|', '/', '-', '\\'],
}

export function lookOf(stream: NodeJS.WriteStream, env: NodeJS.ProcessEnv = process.env): Look {
  const isTerminal = stream.isTTY === true && env.TERM !== 'dumb'
  const isForced = Boolean(env.FORCE_COLOR) && env.FORCE_COLOR !== '0'
  return {
    paint: pc.createColors(!env.NO_COLOR && (isTerminal || isForced)),
    isTerminal,
    signs: hasUnicode(env) ? UNICODE : ASCII,
    // Asked each time: a person may change the window while we write.
    get columns() {
      return isTerminal ? Math.max(40, stream.columns || 80) : undefined
    },
    get rows() {
      return isTerminal ? Math.max(10, stream.rows || 24) : undefined
    },
  }
}

/** For tests, and for text that goes to a file. */
export const plainLook: Look = { paint: pc.createColors(false), isTerminal: false, signs: UNICODE }

function hasUnicode(env: NodeJS.ProcessEnv): boolean {
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG
  // No locale at all says nothing about the terminal; the kernel's own console is the one that has no such letters.
  return locale ? /utf-?8/i.test(locale) : env.TERM !== 'linux'
}
