import { mkdirSync, writeFileSync } from 'node:fs'
import { findDaemon } from '../../src/daemon/start.ts'
import { aHome, serve, until } from './home.ts'
import { nextPlan, runOf } from './samples.ts'

/** A home whose daemon plays the scenario, and the folder of an app in it. */
export async function aPlace(scenario = {}) {
  const home = aHome(scenario)
  const daemon = serve(home)
  await until(() => findDaemon(home))
  return { home, daemon, cwd: anAppIn(home) }
}

export function anAppIn(home: string): string {
  const cwd = `${home}/app`
  mkdirSync(cwd, { recursive: true })
  writeFileSync(`${cwd}/landfall.yaml`, 'app: shop\ncomponents:\n  web:\n    type: static\n    source: .\n')
  return cwd
}

export const plan = nextPlan()
export const upScenario = {
  ops: { plan: { answer: { plan, findings: [], text: [], urls: [] } }, apply: { answer: { run: 'run-17', plan, urls: [] } } },
  streams: { events: { lines: runOf(plan) } },
}
