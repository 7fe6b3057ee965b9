import { lstatSync, readdirSync, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { LandfallError } from '../lib/error.ts'
import { show } from '../lib/show.ts'
import { readText } from '../manifest/find.ts'
import { readFolder } from '../manifest/write/read-folder.ts'
import type { Finding } from '../model/finding.ts'
import type { SourceFiles } from '../model/plug.ts'
import type { Target } from '../model/target.ts'
import { FOREIGN } from '../translate/limits.ts'
import { matchMarkers } from '../translate/match-markers.ts'

export interface Project {
  /** Absolute. */
  folder: string
  folderName: string
  files: SourceFiles
  /** Throws what is wrong with the file, instead of passing over it. */
  strict(path: string): string
  /** Names of variables in `.env` files. */
  localNames: Record<string, string[]>
  /** Where a person named a file and no folder: that file alone is looked for. */
  only?: string
  findings: Finding[]
}

/** What importing looks at. Of `.env` files, names of variables alone; nothing through links. Throws E_NO_FOLDER. */
export function openProject(path: string): Project {
  const stat = statSync(path, { throwIfNoEntry: false })
  if (!stat)
    throw new LandfallError({
      code: 'E_NO_FOLDER',
      message: `there is nothing at ${show(path)}`,
      hint: 'name a folder, or a file such as compose.yaml',
    })
  const folder = resolve(stat.isDirectory() ? path : dirname(path))
  const { files, localNames } = readFolder(folder)
  const only = stat.isDirectory() ? undefined : basename(path)
  const names = new Set([...files.names, ...Object.keys(localNames), ...(only === undefined ? [] : [only])])
  return {
    folder,
    folderName: basename(folder),
    files: { names, text: (name) => namesText(localNames[name]) ?? files.text(name) },
    strict: (name) => namesText(localNames[name]) ?? readText(folder, name, FOREIGN.bytes),
    localNames,
    ...(only !== undefined && { only }),
    findings: [],
  }
}

function namesText(names: string[] | undefined): string | undefined {
  return names?.map((name) => `${name}=\n`).join('')
}

/** Files of the project that a target knows, and what bears such a name without being a file that may be read. */
export function findMarkers(target: Target, project: Project): { found: string[]; findings: Finding[] } {
  const found = matchMarkers(target, project.only === undefined ? project.files.names : [project.only])
  if (project.only !== undefined) return { found, findings: [] }
  const odd = readdirSync(project.folder, { withFileTypes: true }).filter((e) => !e.isFile() && !e.isDirectory())
  const findings = matchMarkers(
    target,
    odd.map((e) => e.name),
  ).map((name): Finding => {
    const what = lstatSync(join(project.folder, name)).isSymbolicLink() ? 'a symbolic link' : 'no regular file'
    return {
      level: 'error',
      code: 'E_NOT_REGULAR_FILE',
      at: name,
      message: `${name} is ${what}, and was not read`,
      hint: 'put the file itself into the folder',
    }
  })
  return { found, findings }
}
