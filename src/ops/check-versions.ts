import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'smol-toml'
import { codeOf } from '../lib/error.ts'
import { show } from '../lib/show.ts'
import type { Finding } from '../model/finding.ts'
import type { ExportAnswer } from './export.ts'

/** Every file of a folder that says a version of the app says the same one: what a person changes by hand in five places drifts. */
export function checkVersions(answer: ExportAnswer, folder: string, out: string): Finding[] {
  const { version, app } = answer
  if (version === undefined) return []
  const json = (text: string) => (JSON.parse(text) as { version?: unknown }).version
  const said: [string, string | undefined][] = [
    ['VERSION', read(join(folder, 'VERSION'), (text) => text.split('\n')[0]?.trim())],
    ['package.json', read(join(folder, 'package.json'), json)],
    ['pyproject.toml', read(join(folder, 'pyproject.toml'), (text) => projectVersion(parse(text)))],
    ['CloudronManifest.json', read(join(out, 'CloudronManifest.json'), json)],
    ...imageTags(app, out),
  ]
  return said.flatMap(([at, other]) => {
    if (other === undefined || other === version || other === `v${version}` || other.startsWith(`v${version}.`)) return []
    const message = `${at} says version ${show(other)}, and the manifest ${show(version)}`
    return [
      {
        level: 'error',
        code: 'E_VERSION_DRIFT',
        at,
        message,
        hint: 'let one file say it, and the manifest name that: version: { file: VERSION }',
      },
    ]
  })
}

function projectVersion(data: Record<string, unknown>): unknown {
  const { project } = data
  return typeof project === 'object' && project !== null && 'version' in project ? project.version : undefined
}

/** Tags of the app's own images in compose files: `image: shop-web:1.4.0`. */
function imageTags(app: string, out: string): [string, string][] {
  return ['compose.yaml', 'compose.yml', 'docker-compose.yml', 'docker-compose.yaml'].flatMap((file) => {
    const text = read(join(out, file), (t) => t) ?? ''
    return [...text.matchAll(/^\s*image:\s*["']?(?:[\w.:-]+\/)*([\w.-]+):([\w.-]+)["']?\s*$/gm)].flatMap(
      ([, image = '', tag = '']) =>
        image === app || image.startsWith(`${app}-`) ? [[`${file} (image ${image})`, tag] as [string, string]] : [],
    )
  })
}

/** Nothing where there is no such file, or none that can be read: then it says no version. */
function read(path: string, take: (text: string) => unknown): string | undefined {
  try {
    const found = take(readFileSync(path, 'utf8'))
    return typeof found === 'string' && found !== '' ? found : undefined
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || error instanceof SyntaxError || (error instanceof Error && error.name === 'TomlError'))
      return undefined
    throw error
  }
}
