import type { App } from '../model/app.ts'
import type { Finding } from '../model/finding.ts'
import type { DataVersion, Observed } from '../model/plan.ts'

/** A change of a resource's version, type or name never starts empty: it is refused, and the move is named. */
export function dataFindings(app: App, data: Record<string, DataVersion>, observed: Observed): Finding[] {
  const findings: Finding[] = []
  const say = (code: string, name: string, message: string, hint: string) =>
    findings.push({ level: 'error', code, at: `resources.${name}`, message, hint })
  const names = new Set(app.resources.map((r) => r.name))
  for (const [name, wanted] of Object.entries(data)) {
    const old = observed.data[name]
    if (old && old.type !== wanted.type) {
      say(
        'E_RESOURCE_TYPE',
        name,
        `${name} holds the data of a ${old.type} and would become a ${wanted.type}`,
        `give the new resource another name; the data of ${name} stays`,
      )
    } else if (old && old.version !== wanted.version) {
      say(
        'E_RESOURCE_VERSION',
        name,
        `${name} holds the data of ${old.type} ${old.version}; ${wanted.type} ${wanted.version} cannot read it`,
        `set \`version: ${old.version}\` again, or add a second resource with version ${wanted.version} under another name and copy the data over`,
      )
    } else if (!old) {
      const orphan = Object.entries(observed.data).find(
        ([n, d]) => !names.has(n) && d.type === wanted.type && !isWaived(app, name),
      )
      if (orphan) {
        say(
          'E_RESOURCE_RENAMED',
          name,
          `${name} would start empty, while ${orphan[0]} (${orphan[1].type} ${orphan[1].version}) holds data and is no longer in the manifest`,
          `call it \`${orphan[0]}\` again; or, if it is meant to start empty, write \`startEmpty: true\` under ${name}`,
        )
      }
    }
  }
  return findings
}

function isWaived(app: App, name: string): boolean {
  return app.resources.find((r) => r.name === name)?.options.startEmpty === true
}
