import { resolve } from 'node:path'
import type { Run } from '../command.ts'
import { answer } from '../context.ts'
import { table } from '../render/table.ts'
import { whereOf } from '../where.ts'

/** Runs in this very process: what is built here is for somewhere else. */
export const run: Run = async (context, args, flags) => {
  const where = await whereOf(context)
  const { build } = await import('../../ops/build.ts')
  const cancel = new AbortController()
  const onSignal = () => cancel.abort('cancel')
  process.once('SIGINT', onSignal)
  process.once('SIGTERM', onSignal)
  const result = await build({
    ...where,
    home: context.home,
    out: resolve(where.folder, flags.out ?? 'dist'),
    ...(args.length > 0 && { only: args }),
    ...(flags.target !== undefined && { target: flags.target }),
    values: Object.fromEntries(
      Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
    ),
    signal: cancel.signal,
    say: (line) => {
      if (!context.isJson) context.err.say(context.err.look.paint.dim(line))
    },
  })
  answer(context, result, () =>
    table(
      [{ title: 'archive' }, { title: 'bytes', isRight: true }, { title: 'sha256' }],
      result.archives.map((a) => [a.file, String(a.bytes), a.sha256]),
      context.out.look,
    ).join('\n'),
  )
  return 0
}
