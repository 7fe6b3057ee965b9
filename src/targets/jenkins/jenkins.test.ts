import { describe, expect, test } from 'vitest'
import { targetSuite } from '../../../test/target-suite.ts'
import { block, print, sh, stage, steps, text } from './groovy.ts'
import index from './index.ts'

const DIRECTIVES = new Set([
  'agent',
  'options',
  'environment',
  'stages',
  'post',
  'stage',
  'steps',
  'parallel',
  'when',
  'sh',
  'dir',
  'withEnv',
  'archiveArtifacts',
  'timestamps',
  'disableConcurrentBuilds',
  'timeout',
  'buildDiscarder',
  'failure',
  'always',
  'pipeline',
])

/**
 * There is no validator of Jenkinsfiles to be had: a server of Jenkins has the only one. So the structure is looked at: known words,
 * braces that close, one body for each stage.
 */
function problems(source: string): string[] {
  // Texts first, since anything may stand in them.
  const bare = source.replace(/'''[\s\S]*?'''|'(?:\\.|[^'\\\n])*'/g, "''").replace(/\/\/.*$/gm, '')
  const found: string[] = []
  if (/["`$]/.test(bare)) found.push('a text that Groovy would expand')
  let depth = 0
  const stages: { bodies: number; depth: number }[] = []
  for (const line of bare.split('\n').map((l) => l.trim())) {
    const word = /^([A-Za-z_]+)/.exec(line)?.[1]
    if (word && !DIRECTIVES.has(word) && !/^[A-Z_]+ = credentials\(''\)$/.test(line)) found.push(`unknown: ${line}`)
    if (line.startsWith('stage(')) stages.push({ bodies: 0, depth })
    const inside = stages.at(-1)
    if (inside && depth === inside.depth + 1 && /^(steps|stages|parallel)\b/.test(line)) inside.bodies += 1
    depth += (line.match(/\{/g)?.length ?? 0) - (line.match(/\}/g)?.length ?? 0)
    if (inside && depth === inside.depth) {
      if (inside.bodies !== 1) found.push(`a stage with ${inside.bodies} bodies`)
      stages.pop()
    }
  }
  if (depth !== 0) found.push(`${depth} braces stay open`)
  return found
}

targetSuite(index, {
  options: [{}, { with: 'compose' }],
  validate: (files) => Object.values(files).flatMap(problems),
})

describe('Groovy', () => {
  test('a text is exactly the one that was given', () => {
    expect(text(`it's \\ and \${x}`)).toBe(`'it\\'s \\\\ and \${x}'`)
  })
  test('blocks are indented by what they stand in, lines of a shell by theirs', () => {
    const source = print(block('pipeline', block('stages', stage('A', steps(sh('one', "two '''three")))), 'agent any'))
    expect(source).toBe(
      [
        'pipeline {',
        '  stages {',
        "    stage('A') {",
        '      steps {',
        "        sh '''",
        '          one',
        "          two \\'\\'\\'three",
        "        '''",
        '      }',
        '    }',
        '  }',
        '  agent any',
        '}',
      ].join('\n'),
    )
  })
  test('what is no pipeline is seen', () => {
    expect(problems('pipeline {\n  steps {\n  }')).toEqual(['1 braces stay open'])
    expect(problems("pipeline {\n  stage('a') {\n  }\n}")).toEqual(['a stage with 0 bodies'])
    expect(problems('pipeline {\n  sh "$x"\n}')).toEqual(['a text that Groovy would expand'])
    expect(problems('node {\n}')).toEqual(['unknown: node {'])
  })
})
