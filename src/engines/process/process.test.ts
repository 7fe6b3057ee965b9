import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Behaviour, type EngineBed, engineSuite } from '../../../test/engine-suite.ts'
import { aWeb, EngineBench, texts } from '../../../test/process-engine.ts'
import type { Component } from '../../model/app.ts'

const BEHAVIOURS: Record<Behaviour, { mode: string; over?: Partial<Component> }> = {
  serves: { mode: 'serve' },
  'never-healthy': { mode: 'sick' },
  crashes: { mode: 'crash' },
  'job-succeeds': { mode: 'serve', over: { type: 'job', command: texts('true') } },
  'job-fails': { mode: 'serve', over: { type: 'job', command: texts('false') } },
  static: { mode: 'serve', over: { type: 'static' } },
}

async function bed(): Promise<EngineBed> {
  const bench = new EngineBench()
  const counter = join(bench.home, 'homes/shop/local/app/runs')
  return {
    get engine() {
      return bench.engine
    },
    async a(behaviour, name, over = {}) {
      const { mode, over: its = {} } = BEHAVIOURS[behaviour]
      bench.artifact(`artifact-${name}`)
      return { component: aWeb(name, { MODE: mode }, { ...its, ...over }), artifact: `artifact-${name}` }
    },
    command: (name, code) => ({ name, run: texts('sh', '-c', `echo ${name} >>"$HOME/runs"; exit ${code}`), isRepeatable: false }),
    runs: async (name) =>
      existsSync(counter)
        ? readFileSync(counter, 'utf8')
            .split('\n')
            .filter((l) => l === name).length
        : 0,
    restart: () => bench.reconnect(),
    close: () => bench.close(),
  }
}

engineSuite('process', bed)
