import { posix, resolve } from 'node:path'
import { LandfallError } from '../lib/error.ts'
import { type ExportAnswer, exportApp } from './export.ts'
import { EXPORTS_FILE, type ExportLine, readExportsFile } from './exports-file.ts'
import { firstError } from './read-manifest.ts'
import { renameFiles } from './rename-files.ts'

export interface ExportAllInput {
  /** Absolute: where the manifest and the list are. */
  folder: string
  /** What landfall.config.ts gave. */
  config?: unknown
  /** Only those of this target. */
  target?: string
  /** `2026-11-21`. */
  today: string
}
export interface OneExport {
  line: ExportLine
  /** Absolute: where its files go. */
  out: string
  answer: ExportAnswer
}

/** Every export that landfall.exports.yaml lists, under the names that it gives to the files; nothing is written yet. */
export async function exportAll({ folder, config, target, today }: ExportAllInput): Promise<OneExport[]> {
  const { lines, findings } = readExportsFile(folder)
  if (findings.some((f) => f.level === 'error')) throw firstError(findings)
  const all: OneExport[] = []
  for (const line of lines) {
    if (target !== undefined && line.target !== target) continue
    const { environment, options } = line
    const out = resolve(folder, line.out)
    const given = { folder, ...(config !== undefined && { config }), ...(environment !== undefined && { environment }) }
    const whole = await exportApp({ ...given, target: line.target, options, out, today })
    checkNames(line, whole)
    all.push({ line, out, answer: renameFiles(without(whole, line.leave), line.rename) })
  }
  checkTwice(all)
  return all
}

/** A name that the target does not write is a mistake, or an old name: nothing would say so otherwise. */
function checkNames({ target, rename, leave }: ExportLine, { files }: ExportAnswer): void {
  const names = Object.keys(files)
  const gone = [...Object.keys(rename), ...leave].filter((name) => !names.some((file) => covers(name, file)))
  if (gone.length === 0) return
  throw new LandfallError({
    code: 'E_NO_SUCH_FILE',
    message: `${target} does not write ${gone.join(', ')}`,
    at: EXPORTS_FILE,
    hint: names.length === 0 ? 'it writes nothing for this app' : `it writes ${names.join(', ')}`,
  })
}

const covers = (name: string, file: string) => (name.endsWith('/') ? file.startsWith(name) : file === name)

function without(answer: ExportAnswer, leave: string[]): ExportAnswer {
  const files = Object.entries(answer.files).filter(([file]) => !leave.some((name) => covers(name, file)))
  return { ...answer, files: Object.fromEntries(files) }
}

/** The last one would win, and the next `--check` would blame the first. */
function checkTwice(all: OneExport[]): void {
  const by = new Map<string, { target: string; text: string }>()
  for (const { line, answer } of all) {
    for (const [file, { text }] of Object.entries(answer.files)) {
      const path = posix.join(line.out, file)
      const before = by.get(path)
      if (before && before.text !== text) {
        throw new LandfallError({
          code: 'E_EXPORT_TWICE',
          message: `${before.target} and ${line.target} both write ${path}, and not the same`,
          at: EXPORTS_FILE,
          hint: 'give one of them another name under `rename`, or leave it out under `leave`',
        })
      }
      by.set(path, { target: line.target, text })
    }
  }
}
