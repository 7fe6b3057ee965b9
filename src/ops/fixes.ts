import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import type { Finding } from '../model/finding.ts'
import { copyBeforeUpgrade } from '../store/go-back.ts'

/** Something that `doctor --fix` does, once a person has seen the very command. */
export interface Fix {
  /** Code of the finding that goes away. */
  code: string
  about: string
  /** Argument array. */
  command: string[]
  /** `go-back` is done by Landfall itself, and the command says what that is. */
  by: 'command' | 'go-back'
}
/** What fixes are made of: asked of the machine, or told by a test. */
export interface Machine {
  isRoot: boolean
  has(program: string): boolean
}

export const thisMachine: Machine = {
  isRoot: process.getuid?.() === 0,
  has: (program) =>
    (process.env.PATH ?? '')
      .split(delimiter)
      .concat('/usr/bin', '/usr/sbin', '/sbin')
      .some((folder) => folder.startsWith('/') && isProgram(join(folder, program))),
}

type Manager = 'apt-get' | 'dnf' | 'apk' | 'pacman' | 'zypper' | 'brew'
const INSTALL: Record<Manager, string[]> = {
  'apt-get': ['install', '--yes', '--no-install-recommends'],
  dnf: ['install', '--assumeyes'],
  apk: ['add'],
  pacman: ['-S', '--noconfirm', '--needed'],
  zypper: ['--non-interactive', 'install'],
  brew: ['install'],
}
/** What each calls it. */
const PACKAGES: Record<string, { about: string; names: Record<Manager, string[]> }> = {
  E_NO_SERVER: {
    about: 'install Redis or Valkey; a server that the distribution starts by itself is not the one that Landfall uses',
    names: {
      'apt-get': ['redis-server'],
      dnf: ['valkey'],
      apk: ['valkey'],
      pacman: ['valkey'],
      zypper: ['redis'],
      brew: ['valkey'],
    },
  },
  E_NO_PYTHON: {
    about: 'install Python with what makes environments',
    names: {
      'apt-get': ['python3', 'python3-venv'],
      dnf: ['python3'],
      apk: ['python3'],
      pacman: ['python'],
      zypper: ['python3'],
      brew: ['python'],
    },
  },
  E_SETPRIV: {
    about: 'install setpriv, which takes rights from instances',
    names: {
      'apt-get': ['util-linux'],
      dnf: ['util-linux'],
      apk: ['setpriv'],
      pacman: ['util-linux'],
      zypper: ['util-linux'],
      brew: ['util-linux'],
    },
  },
}

/** Of `postgresql-17`: a package for each major; where a distribution has one alone, that. */
function postgresOf(lacks: string | undefined): (typeof PACKAGES)[string] | undefined {
  const major = /^postgresql-(\d+)$/.exec(lacks ?? '')?.[1]
  if (!major) return undefined
  return {
    about: `install PostgreSQL ${major}; a server that the distribution starts by itself is not the one that Landfall uses`,
    names: {
      'apt-get': [`postgresql-${major}`],
      dnf: ['postgresql-server', 'postgresql-contrib'],
      apk: [`postgresql${major}`, `postgresql${major}-contrib`],
      pacman: ['postgresql'],
      zypper: [`postgresql${major}-server`, `postgresql${major}-contrib`],
      brew: [`postgresql@${major}`],
    },
  }
}

/** What can be put right here, each once. Pure but for the questions to `machine`. */
export function fixesOf(findings: Finding[], home: string, machine: Machine): Fix[] {
  const fixes = new Map<string, Fix>()
  for (const { code, at, lacks } of findings) {
    const fix = fixOf(code, at, home, machine, lacks)
    if (fix) fixes.set(fix.command.join('\0'), fix)
  }
  return [...fixes.values()]
}

function fixOf(code: string, at: string, home: string, machine: Machine, lacks?: string): Fix | undefined {
  if (code === 'E_MODE') return { code, about: `only you may read ${at}`, command: ['chmod', '600', '--', at], by: 'command' }
  if (code === 'E_VERSION' && at === home) {
    const copy = copyBeforeUpgrade(home)
    if (copy === undefined) return undefined
    const about = 'go back to the records of before the upgrade; the newer ones are kept, and what they alone know is not there'
    return { code, about, command: ['mv', copy, join(home, 'state.db')], by: 'go-back' }
  }
  const wanted = postgresOf(lacks) ?? PACKAGES[code]
  const manager = managerOf(machine)
  if (!wanted || !manager) return undefined
  const asRoot = manager === 'brew' || machine.isRoot ? [] : ['sudo']
  if (asRoot.length > 0 && !machine.has('sudo')) return undefined
  return {
    code,
    about: wanted.about,
    command: [...asRoot, manager, ...INSTALL[manager], ...wanted.names[manager]],
    by: 'command',
  }
}

function managerOf(machine: Machine): Manager | undefined {
  const order: Manager[] = ['apt-get', 'dnf', 'apk', 'pacman', 'zypper', 'brew']
  return order.find((name) => machine.has(name))
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false // Not there.
  }
}
