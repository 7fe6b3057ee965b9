import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { readText } from '../manifest/find.ts'
import { reportIssues } from '../manifest/issues.ts'
import { LIMITS } from '../manifest/limits.ts'
import { collectRemarks } from '../manifest/remarks.ts'
import { innerPath, name, prose, reference, rule, scalar } from '../manifest/schema-scalars.ts'
import { parseYaml } from '../manifest/yaml.ts'
import type { Finding } from '../model/finding.ts'

/** Beside the manifest: which files of other platforms a project keeps. */
export const EXPORTS_FILE = 'landfall.exports.yaml'

/** One run of `landfall export`. */
export interface ExportLine {
  target: string
  /** `production` where absent. */
  environment?: string
  options: Record<string, string>
  /** From the manifest's folder: where the files go; `.` is the folder itself. */
  out: string
  /** What the target calls a file, or a folder that ends with `/` -> what it is called here. Both from `out`. */
  rename: Record<string, string>
  /** Files, or folders that end with `/`, that are not kept here; by the target's names. */
  leave: string[]
}

const line = z.strictObject(
  {
    target: reference,
    environment: name.optional(),
    options: z.record(z.string(), scalar, rule('E_TYPE', 'is not a mapping of options')).optional(),
    out: innerPath.optional(),
    rename: z.record(innerPath, innerPath, rule('E_TYPE', 'is not a mapping of paths')).optional(),
    leave: z.array(innerPath, rule('E_TYPE', 'is not a list of paths')).optional(),
    about: prose.optional(),
  },
  rule('E_TYPE', 'is not a mapping with a target'),
)
const schema = z.strictObject({
  exports: z.array(line, rule('E_TYPE', 'is not a list of exports')).min(1, rule('E_RANGE', 'lists nothing')),
})

export const hasExportsFile = (folder: string) => existsSync(join(folder, EXPORTS_FILE))

/** The list of a folder, or everything that is wrong with it. Throws where the file cannot be read at all. */
export function readExportsFile(folder: string): { lines: ExportLine[]; findings: Finding[] } {
  const { data, places, findings } = parseYaml(EXPORTS_FILE, readText(folder, EXPORTS_FILE, LIMITS.bytes))
  if (findings.some((f) => f.level === 'error')) return { lines: [], findings }
  const found = schema.safeParse(data)
  if (!found.success) {
    const remarks = collectRemarks(places)
    reportIssues(found.error.issues, data, remarks)
    return { lines: [], findings: remarks.list() }
  }
  const lines = found.data.exports.map(({ target, environment, options = {}, out = '.', rename = {}, leave = [] }) => ({
    target,
    ...(environment !== undefined && { environment }),
    options: Object.fromEntries(Object.entries(options).map(([key, value]) => [key, String(value)])),
    out,
    rename,
    leave,
  }))
  return { lines, findings }
}
