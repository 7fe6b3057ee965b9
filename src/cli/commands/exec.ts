import { once } from 'node:events'
import { LandfallError } from '../../lib/error.ts'
import type { Flags, Run } from '../command.ts'
import { type Context, emit } from '../context.ts'
import { onInterrupt } from '../interrupt.ts'
import { TerminalFilter } from '../render/terminal-filter.ts'
import { openSession } from '../session.ts'
import { placeOf } from '../where.ts'

/** Byte for byte in a pipe; on a terminal without what could take it over. Ends with the command's own exit code. */
export const run: Run = async (context, [component = '', ...command], flags) => {
  if (command.length === 0) return shell(context, component, flags)
  const session = await openSession(context)
  const leaving = new AbortController()
  const release = onInterrupt(() => leaving.abort())
  const write = { stdout: writerTo(process.stdout), stderr: writerTo(process.stderr) }
  try {
    const lines = session.watch(
      'exec',
      { ...(await placeOf(context)), component, command },
      { signal: leaving.signal, stdin: process.stdin },
    )
    for await (const line of lines) {
      if (context.isJson) emit(context, line)
      else if (line.type !== 'exit') await write[line.type](Buffer.from(line.base64, 'base64'))
      if (line.type === 'exit') return line.code
    }
    return 1
  } finally {
    release()
    // Open as it may be, nobody reads it any more, and it must not hold the program's end back.
    process.stdin.destroy()
  }
}

function writerTo(stream: NodeJS.WriteStream): (bytes: Uint8Array) => Promise<void> {
  const filter = stream.isTTY ? new TerminalFilter() : undefined
  return async (bytes) => {
    if (!stream.write(filter ? filter.clean(bytes) : bytes)) await once(stream, 'drain')
  }
}

/** Without a command: a session with a resource, for looking unless more is asked for in a protected environment. */
async function shell(context: Context, resource: string, { command, readonly, write }: Flags): Promise<number> {
  if (readonly && write) {
    throw new LandfallError({ code: 'E_USAGE', message: '--readonly and --write exclude each other', at: '--readonly' })
  }
  const session = await openSession(context)
  const wish = readonly ? { readonly: true } : write ? { readonly: false } : {}
  const login = await session.call('resource-login', { ...(await placeOf(context)), resource, ...wish })
  const { resourceShell } = await import('../sql/resource-shell.ts')
  return resourceShell(context, login, command)
}
