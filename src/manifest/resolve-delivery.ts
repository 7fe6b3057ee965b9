import { posix } from 'node:path'
import type { EnvSource } from '../model/app.ts'
import { plainCommand } from './resolve-command.ts'
import type { ResolvedVariable } from './resolve-env.ts'
import { toSeconds } from './units.ts'
import type { World } from './world.ts'

/** The name of the file as which a variable arrives; none where it arrives as a variable. */
export function fileOf(variable: ResolvedVariable | undefined): string | undefined {
  const delivery = variable?.options.delivery
  if (delivery === undefined || delivery === 'env') return undefined
  return delivery === 'file' ? variable?.name : posix.basename(delivery.file)
}

/** Programs that a source may call have their words here; they are started by whoever says `up`, without a shell. */
export function sourceOf(world: World, { options, path }: ResolvedVariable): EnvSource | undefined {
  const { source } = options
  if (source === undefined) return undefined
  if ('file' in source) return { type: 'file', path: source.file }
  if ('env' in source) return { type: 'variable', name: source.env }
  return {
    type: 'command',
    command: plainCommand(world, [...path, 'source', 'command'], source.command) ?? [],
    timeoutSeconds: toSeconds(source.timeout ?? '30s'),
  }
}
