import { posix } from 'node:path'
import { wishRuntimes } from '../../lib/build/wish-runtimes.ts'
import type { Builder, RecipeStep } from '../../model/plug.ts'

export default {
  name: 'command',
  // Any folder could be built by some command: there is nothing to tell it by.
  detect: () => [],
  check(files, { options }) {
    const { findings } = wishRuntimes(files, options)
    if (options.command || options.install) return findings
    const message = 'the command builder needs a command'
    return [
      ...findings,
      { level: 'error', code: 'E_NO_COMMAND', at: 'build.command', message, hint: 'set `build.command`, for example make' },
    ]
  },
  runtimes: (files, { options }) => wishRuntimes(files, options).wishes,
  recipe(_files, { options }) {
    const { workspace = '.', install, command, output } = options
    const step = (title: string, argv: string[], stage: 'install' | 'build'): RecipeStep => {
      return { title, command: argv, cwd: workspace, env: {}, needsNetwork: true, stage }
    }
    return {
      steps: [...(install ? [step('install', install, 'install')] : []), ...(command ? [step('build', command, 'build')] : [])],
      output: output === undefined ? '.' : posix.join(workspace, output),
      path: [],
    }
  },
} satisfies Builder
