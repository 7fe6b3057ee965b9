import { resolve } from 'node:path'
import { LandfallError } from '../../lib/error.ts'
import type { Run } from '../command.ts'
import { answer } from '../context.ts'
import { renderHint } from '../render/error.ts'
import { environmentOf, today } from '../target-flags.ts'
import { whereOf } from '../where.ts'

const FOLDER = 'deployment-guide'

/** Runs in this very process: manifest and sources are all it needs. */
export const run: Run = async (context, _args, flags) => {
  const where = await whereOf(context)
  const { docs, writeDocs } = await import('../../ops/docs.ts')
  const environment = environmentOf(context)
  const proved = flags.proved === undefined ? undefined : provedOf(flags.proved)
  const result = await docs({
    ...where,
    environment,
    out: resolve(where.folder, flags.out ?? FOLDER),
    ...(flags.target !== undefined && { platforms: flags.target.split(',').map((name) => name.trim()) }),
    ...(proved && { proved }),
    today: today(),
  })
  const differing = result.files.filter((f) => f.state !== 'same')
  if (flags.check !== true) writeDocs(result)
  const { texts: _texts, ...told } = result
  const { paint, signs } = context.out.look
  answer(context, told, () => {
    const lines = differing.map((f) => `  ${paint.dim(f.state.padEnd(8))}${f.path}`)
    if (differing.length === 0) return `${paint.green(signs.ok)} the guide in ${result.out} is up to date`
    if (flags.check === true) {
      return [
        `${paint.red(signs.failed)} the guide in ${result.out} is out of date:`,
        ...lines,
        renderHint('landfall docs', context.out.look),
      ].join('\n')
    }
    return [
      `${paint.green(signs.ok)} wrote the guide of ${result.app} for ${result.environment} into ${result.out}`,
      ...lines,
    ].join('\n')
  })
  return flags.check === true && differing.length > 0 ? 1 : 0
}

function provedOf(text: string): { platform: string; what: string } {
  const [platform = '', ...what] = text.split('=')
  if (platform && what.join('=').trim()) return { platform, what: what.join('=').trim() }
  throw new LandfallError({
    code: 'E_USAGE',
    message: '--proved wants a platform and what was seen there',
    hint: "landfall docs --proved 'render=smoke passed on staging'",
  })
}
