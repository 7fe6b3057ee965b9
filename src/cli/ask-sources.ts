import { readFileSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { codeOf } from '../lib/error.ts'
import { exec } from '../lib/exec.ts'
import { show } from '../lib/show.ts'
import type { EnvSource } from '../model/app.ts'
import type { Finding } from '../model/finding.ts'
import type { EnvWant } from '../ops/contract.ts'

export interface Asked {
  given: { name: string; value: string }[]
  findings: Finding[]
}

/**
 * Asks those who keep values: files, programs, and our own environment. Here and not in the daemon, since the login of a password
 * manager and the variables of a pipeline belong to whoever typed the command. What a program writes is told to nobody.
 */
export async function askSources(folder: string, wants: EnvWant[]): Promise<Asked> {
  const asked: Asked = { given: [], findings: [] }
  // One after the other: a password manager may want to ask its person something.
  for (const { name, source, isStored } of wants) {
    const answer = await ask(folder, source)
    if ('value' in answer) asked.given.push({ name, value: answer.value })
    else if ('absent' in answer && isStored) {
      const message = `${name}: ${answer.absent}; the value of before stays`
      asked.findings.push({ level: 'warning', code: 'W_ENV_SOURCE', at: `env.${name}.source`, message })
    } else if ('problem' in answer) {
      const { problem, hint, code = 'E_ENV_SOURCE' } = answer
      asked.findings.push({
        level: 'error',
        code,
        at: `env.${name}.source`,
        message: `${name}: ${problem}`,
        ...(hint && { hint }),
      })
    }
  }
  return asked
}

type Answer = { value: string } | { absent: string } | { problem: string; hint?: string; code?: string }

function ask(folder: string, source: EnvSource): Promise<Answer> | Answer {
  switch (source.type) {
    case 'file':
      return readSecretFile(resolve(folder, source.path))
    case 'command':
      return askProgram(folder, source)
    case 'variable': {
      const value = process.env[source.name]
      return value === undefined ? { absent: `${source.name} is not set here` } : { value }
    }
  }
}

const MOST_BYTES = 1024 * 1024

async function askProgram(folder: string, { command, timeoutSeconds }: Extract<EnvSource, { type: 'command' }>): Promise<Answer> {
  const [program = '', ...args] = command
  const env = Object.fromEntries(Object.entries(process.env).filter((e): e is [string, string] => e[1] !== undefined))
  const shown = command.map(show).join(' ')
  try {
    const { code, stdout } = await exec(program, args, { cwd: folder, env, timeoutSeconds, allow: EXIT_CODES })
    if (code !== 0) return { problem: `the program that has its value ended with ${code}: ${shown}`, hint: HINT }
    if (stdout === '') return { problem: `the program that has its value wrote nothing: ${shown}`, hint: HINT }
    if (Buffer.byteLength(stdout) >= MOST_BYTES) return { problem: `the program that has its value wrote over 1 MiB: ${shown}` }
    return { value: withoutLastNewline(stdout) }
  } catch (error) {
    // Its message is of the program's name and end; its detail would be what the program wrote.
    if (codeOf(error) !== 'E_EXEC') throw error
    const why =
      error instanceof Error && error.message.includes('could not start') ? 'could not be started' : TOO_LONG(timeoutSeconds)
    return { problem: `the program that has its value ${why}: ${shown}`, hint: HINT }
  }
}

const HINT = 'try it by hand: what it writes is not shown here'
const TOO_LONG = (seconds: number) => `did not end by itself within ${seconds} s`
/** All of them are an answer: what a failing program wrote is not to be shown. */
const EXIT_CODES = Array.from({ length: 256 }, (_, i) => i)

/** A file with a secret: whose it is and who may read it counts, as for the keys of ssh. */
function readSecretFile(path: string): Answer {
  const stat = statSync(path, { throwIfNoEntry: false })
  if (!stat) return { problem: `there is no file ${path}` }
  if (!stat.isFile()) return { problem: `${path} is no file` }
  const me = process.getuid?.()
  if (me !== undefined && stat.uid !== me && stat.uid !== 0) {
    return { problem: `${path} belongs to another user (uid ${stat.uid})`, hint: `chown ${me} ${path}`, code: 'E_OWNER' }
  }
  if (stat.mode & 0o077) {
    const mode = (stat.mode & 0o777).toString(8)
    return { problem: `${path} can be read by others (mode ${mode})`, hint: `chmod 600 ${path}`, code: 'E_FILE_MODE' }
  }
  if (stat.size > MOST_BYTES) return { problem: `${path} has more than 1 MiB` }
  try {
    return { value: withoutLastNewline(readFileSync(path, 'utf8')) }
  } catch (error) {
    if (codeOf(error) !== 'EACCES') throw error
    return { problem: `${path} cannot be read by us`, hint: `chown ${me ?? ''} ${path} && chmod 600 ${path}`, code: 'E_OWNER' }
  }
}

/** The newline that an editor or `echo` put behind it is not meant. */
function withoutLastNewline(text: string): string {
  return text.replace(/\r?\n$/, '')
}
