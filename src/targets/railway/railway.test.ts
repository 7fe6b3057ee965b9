import * as iac from 'railway/iac'
import { expect, test } from 'vitest'
import { exportApp } from '../../../test/export-of.ts'
import { targetSuite } from '../../../test/target-suite.ts'
import index from './index.ts'
import { parseIac } from './parse-iac.ts'

/** The program by Railway's own library, as its command line would run it. */
async function evaluate(text: string): Promise<iac.ProjectDefinition> {
  const body = text.replace(/^import .*$/m, '').replace('export default', 'return')
  // Our own output, in which values of a manifest are literals: that nothing else is in it is what the library is to see.
  const program = new Function(...Object.keys(iac), body)(...Object.values(iac)) as iac.RailwayProgram
  return program(iac.createRailwayContext({ environment: 'production' }), iac.project)
}

targetSuite(index, {
  validate: async (files) => {
    const text = files['.railway/railway.ts']
    if (text === undefined) return ['.railway/railway.ts is missing']
    const { name, resources = [] } = await evaluate(text)
    const graph: iac.RailwayGraph = { version: 1, project: { name }, environments: [], resources: resources.flat(), edges: [] }
    return iac.validateGraph(graph)
  },
  options: [{}, { repository: 'acme/shop', branch: 'release' }],
  notReadBack: {
    'components\\.\\w+\\.(source|build\\..*|run.*|stop\\.signal|serve\\..*)':
      'the Dockerfile has it: its own reader finds it there',
    'components\\.\\w+\\.health': 'one text and a mapping of one key say the same',
    'groups\\..*': 'the entrypoint looks at it',
    '(env|components\\.\\w+\\.env)\\.\\w+\\.(minLength|pattern|required|secret|about)': 'the entrypoint has it',
  },
})

test('Railway’s own library takes what is written: references, volumes, and nothing of a secret', async () => {
  const { files } = await exportApp({
    folder: 'src/targets/railway/fixtures/write/studio',
    target: 'railway',
    today: '2026-11-21',
  })
  const { name, resources = [] } = await evaluate(files['.railway/railway.ts']?.text ?? '')
  expect(name).toBe('depot')
  const api = resources.flat().find((r) => r.name === 'api') as iac.ServiceNode
  expect(api.variables?.DATABASE_URL).toMatchObject({ type: 'reference', output: 'DATABASE_URL' })
  expect(api.variables?.HEX_KEY).toMatchObject({ type: 'preserve' })
  expect(api.variables?.SESSION_SECRET).toMatchObject({ type: 'sharedReference', name: 'SESSION_SECRET' })
  expect(JSON.stringify(api.variables?.DATABASE_PARTS)).toContain(['$', '{{db.PGUSER}}'].join(''))
})

test('a program is read as syntax: what is no literal is kept as the text that it is', () => {
  const program = parseIac('const a = f("x", { b: [1, -2], c: p.q.r, d: x ? 1 : 2, "e-f": `t`, g }) \n const h = () => run()')
  expect(program?.bindings).toEqual({
    a: {
      '(call)': 'f',
      args: ['x', { b: [1, -2], c: { '(name)': 'p.q.r' }, d: { '(code)': 'x ? 1 : 2' }, 'e-f': 't', g: { '(name)': 'g' } }],
    },
    h: { '(code)': '() => run()' },
  })
  expect(parseIac('const a = "never ends')).toBeUndefined()
})
