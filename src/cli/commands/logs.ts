import { codeOf } from '../../lib/error.ts'
import type { Run } from '../command.ts'
import { emit } from '../context.ts'
import { countOf, timeOf } from '../flag-values.ts'
import { logRenderer } from '../render/logs.ts'
import { openSession } from '../session.ts'
import { placeOf } from '../where.ts'

export const run: Run = async (context, components, flags) => {
  const input = {
    ...(await placeOf(context)),
    follow: flags.follow === true,
    ...(components.length > 0 && { components }),
    ...(flags.release !== undefined && { release: flags.release }),
    ...(flags.since !== undefined && { since: timeOf(flags.since) }),
    ...(flags.lines !== undefined && { lines: countOf(flags.lines, '--lines', 1_000_000) }),
  }
  const session = await openSession(context)
  const render = logRenderer(context.out.look)
  let last = ''
  for (let again = input; ; ) {
    try {
      for await (const line of session.watch('logs', again)) {
        last = line.at
        if (context.isJson) emit(context, line)
        else context.out.say(render(line))
      }
      return 0
    } catch (error) {
      // Following goes on over a death of the daemon: instances write their logs without it.
      if (!input.follow || codeOf(error) !== 'E_DAEMON_LOST') throw error
      await session.renew()
      again = { ...input, since: last ? Date.parse(last) + 1 : Date.now() }
    }
  }
}
