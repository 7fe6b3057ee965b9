import { splitCommand } from '../../manifest/split-command.ts'
import type { Line } from './parse-dockerfile.ts'

export interface ReadCommand {
  /** As a manifest writes it. */
  run: string | string[]
  /** The script that is started first, by its path in the image: what it does besides is not known here. */
  script?: string
  /** sh is process 1, and signals do not reach the app. */
  isShell: boolean
  /** Ports that stood in it as numbers and became `${PORT}`. */
  ports: number[]
  /** It listened on all addresses, as it has to in a container. */
  wasOpen: boolean
}

const INITS = /(^|\/)(tini|dumb-init|docker-init|catatonit)$/
const OWN = '/landfall/entrypoint.sh'

/** What a container runs: ENTRYPOINT and CMD together, without what only a container needs. Undefined: nothing is said. */
export function readCommand(
  entrypoint: Line | undefined,
  cmd: Line | undefined,
  port: number | undefined,
): ReadCommand | undefined {
  const isShell =
    (entrypoint ?? cmd) !== undefined &&
    (entrypoint ?? cmd)?.exec === undefined &&
    !/^exec\s/.test((entrypoint ?? cmd)?.text ?? '')
  // With an ENTRYPOINT in shell form, CMD counts for nothing.
  const parts = entrypoint && !entrypoint.exec ? [entrypoint] : [entrypoint, cmd]
  let words = parts.flatMap((p) => (p === undefined ? [] : (p.exec ?? shell(p.text))))
  if (INITS.test(words[0] ?? '')) {
    words = words.slice(1)
    while (words[0]?.startsWith('-')) words = words.slice(1)
  }
  const ours = words.indexOf(OWN)
  if (ours >= 0 && ours <= 1) words = words.slice(ours + 1)
  let script: string | undefined
  const first = /^(sh|bash|\/bin\/(ba)?sh)$/.test(words[0] ?? '') && words[1] !== '-c' ? 1 : 0
  if (/(^|\/)[\w.-]*(entrypoint|start|init|boot)[\w.-]*(\.sh)?$/.test(words[first] ?? '') && words.length > first + 1) {
    script = words[first]
    words = words.slice(first + 1)
  } else if (/\.sh$/.test(words[first] ?? '')) script = words[first]
  if (words.length === 0) return undefined
  return { ...asManifest(unwrap(words), port), ...(script !== undefined && { script }), isShell }
}

function shell(text: string): string[] {
  return text.trim() === '' ? [] : ['/bin/sh', '-c', text]
}

/** `sh -c "exec node server.js"` is `node server.js`, where nothing in it needs the shell. */
function unwrap(words: string[]): string[] {
  const [program = '', flag, script, ...rest] = words
  if (!/^(\/bin\/)?(ba|da)?sh$/.test(program) || flag !== '-c' || script === undefined || rest.length > 0) return words
  const plain = withPort(script.replace(/^\s*exec\s+/, ''))
  const split = splitCommand(plain)
  return 'words' in split && split.words.length > 0 ? split.words.map(bare) : words
}

const bare = (word: string) => word.replaceAll('$$', '$')
/** The one variable that Landfall itself puts in. */
const PORT = ['$', '{PORT}'].join('')
const withPort = (text: string) => text.replace(/\$\{PORT(?::?-\d+)?\}|\$PORT\b/g, PORT)

function asManifest(words: string[], port: number | undefined): Pick<ReadCommand, 'run' | 'ports' | 'wasOpen'> {
  const isShell = /^(\/bin\/)?(ba|da)?sh$/.test(words[0] ?? '') && words[1] === '-c'
  // Inside of a shell's text the shell reads PORT itself.
  if (isShell)
    return { run: words.map((w) => w.replaceAll('$', '$$$$')), ports: [], wasOpen: words.some((w) => w.includes('0.0.0.0')) }
  const ports: number[] = []
  let wasOpen = false
  const run = words.map((word, i) => {
    let text = withPort(word).replace(/(^|=)(0\.0\.0\.0|\[::\]|::)(?=:|$)/, (_, before: string) => {
      wasOpen = true
      return `${before}127.0.0.1`
    })
    text = text.replace(/(:|=|^)(\d{2,5})$/, (all, before: string, number: string) => {
      const isPort =
        before === ':' ||
        (/^--?(port|p|b|bind|http-port|listen)$/.test(words[i - 1] ?? '') && before === '') ||
        /^--?(port|bind|p)=/.test(word)
      if (!isPort || (port !== undefined && Number(number) !== port)) return all
      ports.push(Number(number))
      return `${before}\${PORT}`
    })
    return text.replace(/\$(?!\{PORT\})/g, '$$$$')
  })
  const isPlain = run.every((w) => /^[\w@%+=:,./\-${}()[\]]+$/.test(w) && !/[()[\]]/.test(w))
  return { run: isPlain ? run.join(' ') : run, ports, wasOpen }
}
