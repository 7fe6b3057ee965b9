import {
  closeSync,
  existsSync,
  fchownSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeSync,
} from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import type { Identity } from './build-types.ts'
import { buildMarks } from './kill-builds.ts'

export const PLAIN_PATH = ['/usr/local/bin', '/usr/bin', '/bin', '/usr/local/sbin', '/usr/sbin', '/sbin']

/**
 * How this machine reaches the network: proxies, its own certificate authorities, mirrors. A build needs them as we do. Nothing
 * else of our own environment is passed on.
 */
const NETWORK = [
  /^(https?|no|all)_proxy$/i,
  /^(node_extra_ca_certs|ssl_cert_(file|dir)|requests_ca_bundle|curl_ca_bundle|git_ssl_cainfo)$/i,
  /^(pip_(cert|index_url|extra_index_url|trusted_host|find_links|default_timeout)|uv_(default_index|index_url|native_tls))$/i,
  /^npm_config_(registry|cafile|https?_proxy|proxy|noproxy|strict_ssl)$/i,
]

export interface Caches {
  /** HOME of builds; kept from build to build, one per user, so that no environment writes what another one reads. */
  home: string
  folder: string
}

export function openCaches(home: string, identity: Identity | undefined): Caches {
  const folder = join(home, 'cache', 'build', String(identity?.uid ?? 'own'))
  mkdirSync(dirname(folder), { recursive: true, mode: 0o711 })
  const personal = join(folder, 'home')
  for (const each of [folder, personal, join(folder, 'npm'), join(folder, 'pip')]) {
    mkdirSync(each, { recursive: true, mode: 0o700 })
    // The link itself, should that user have put one here.
    if (identity && lstatSync(each).uid !== identity.uid) lchownSync(each, identity.uid, identity.gid)
  }
  giveNpmrc(personal, identity)
  return { home: personal, folder }
}

export interface EnvironmentParts {
  home: string
  artifact: string
  caches: Caches
  temporary: string
  /** Front of PATH. */
  folders: string[]
  /** Folder of a Node with its headers. */
  node?: string
  isRoot: boolean
  isPnpm: boolean
  own: Record<string, string>
}

/** The whole environment of a build's commands. `own` are the build's values from the manifest. */
export function buildEnvironment(p: EnvironmentParts): Record<string, string> {
  const network = Object.entries(process.env).filter(
    (e): e is [string, string] => e[1] !== undefined && NETWORK.some((n) => n.test(e[0])),
  )
  // A person's own tools count where that person builds for themself.
  const personal = p.isRoot ? [] : (process.env.PATH ?? '').split(delimiter).filter((f) => f.startsWith('/'))
  const path = [...new Set([...p.folders, ...PLAIN_PATH, ...personal])]
  return {
    ...Object.fromEntries(network),
    LANG: 'C.UTF-8',
    CI: '1',
    NO_COLOR: '1',
    npm_config_cache: join(p.caches.folder, 'npm'),
    npm_config_update_notifier: 'false',
    ...(p.isPnpm && pnpmSettings(p.caches)),
    ...(p.node && existsSync(join(p.node, 'include')) && { npm_config_nodedir: p.node }),
    YARN_CACHE_FOLDER: join(p.caches.folder, 'yarn'),
    NEXT_TELEMETRY_DISABLED: '1',
    PIP_CACHE_DIR: join(p.caches.folder, 'pip'),
    PIP_DISABLE_PIP_VERSION_CHECK: '1',
    PIP_NO_INPUT: '1',
    UV_CACHE_DIR: join(p.caches.folder, 'uv'),
    ...p.own,
    PATH: path.join(delimiter),
    HOME: p.caches.home,
    TMPDIR: p.temporary,
    ...buildMarks(p.home, p.artifact),
  }
}

/** Up to its version 10 by npm's names, then by its own. Links into its store would be one file with an artifact's: copies are not. The version is already the wanted one. */
function pnpmSettings(caches: Caches): Record<string, string> {
  const settings = {
    package_import_method: 'copy',
    store_dir: join(caches.folder, 'pnpm'),
    manage_package_manager_versions: 'false',
  }
  const names = Object.entries(settings)
  return Object.fromEntries(['npm', 'pnpm'].flatMap((p) => names.map(([name, value]) => [`${p}_config_${name}`, value])))
}

/** Where packages come from, as npm of this machine is told: the whole file for its own user, without sign-ins for another one. */
function giveNpmrc(personal: string, identity: Identity | undefined): void {
  const own = join(homedir(), '.npmrc')
  const place = join(personal, '.npmrc')
  rmSync(place, { force: true })
  if (!existsSync(own)) return
  if (!identity) {
    symlinkSync(own, place)
    return
  }
  const harmless = /^\s*(@[\w.-]+:)?(registry|cafile|proxy|https-proxy|noproxy|strict-ssl)\s*=/
  const lines = readFileSync(own, 'utf8')
    .split('\n')
    .filter((line) => harmless.test(line))
  const file = openSync(place, 'wx', 0o600)
  try {
    writeSync(file, `${lines.join('\n')}\n`)
    fchownSync(file, identity.uid, identity.gid)
  } finally {
    closeSync(file)
  }
}
