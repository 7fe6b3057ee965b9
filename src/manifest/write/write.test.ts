// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references as they stand in a manifest
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { loadText } from '../load-text.ts'
import { guessApp } from './guess-app.ts'
import type { Found, Look } from './guess-types.ts'
import { commandText, manifestText } from './manifest-text.ts'
import { namesInEnv, readEnvExample } from './read-env-example.ts'

const web: Found = {
  builder: 'node',
  folder: '.',
  component: { name: 'web', type: 'web', run: ['node', 'server.js'], options: {} },
  because: ['package.json has a start script'],
  missing: [],
}
function look(texts: Record<string, string>, found: Found[] = [web]): Look {
  return { folderName: 'shop', files: { names: new Set(Object.keys(texts)), text: (path) => texts[path] }, found, localNames: {} }
}
const word = fc.oneof(
  fc.string({ maxLength: 30 }),
  fc.constantFrom(
    '$PORT',
    '${PORT}',
    '${A:-2}',
    '$$',
    '&&',
    "'",
    '"',
    '#',
    ': ',
    '*x',
    '!!js',
    '\\',
    '{}',
    '[a]',
    '1.10',
    'yes',
    '~',
    '\u202e',
    'A=1',
    '-rf',
  ),
)
const line = fc.array(word, { maxLength: 5 }).map((words) => words.join(' ').replace(/[\r\n]/g, ''))

test('whatever examples, Procfiles and builders say, the manifest that is written can be read', () => {
  const anything = fc.record({
    env: fc.array(
      fc.tuple(
        fc.constantFrom('A', 'SECRET_KEY', 'DATABASE_URL', 'VITE_X', 'API_URL', 'PORT', '__proto__', 'LD_X', 'a b', 'B'),
        line,
      ),
      { maxLength: 6 },
    ),
    procfile: fc.array(fc.tuple(fc.constantFrom('web', 'worker', 'release', 'a_b', '9', 'landfall'), line), { maxLength: 4 }),
    run: fc.array(
      word.filter((w) => w !== ''),
      { minLength: 1, maxLength: 4 },
    ),
    because: line,
    name: line,
  })
  fc.assert(
    fc.property(anything, ({ env, procfile, run, because, name }) => {
      const texts = {
        '.env.example': env.map(([k, v]) => `# ${because}\n${k}=${v}`).join('\n'),
        Procfile: procfile.map(([k, v]) => `${k}: ${v}`).join('\n'),
        'package.json': JSON.stringify({ name, scripts: { migrate: because } }),
      }
      // A builder's command may have references of its own, which are then right.
      const plain = run.map((w) => w.replaceAll('$', ''))
      const found: Found = { ...web, because: [because], component: { ...web.component, run: ['node', ...plain] } }
      const text = manifestText(guessApp(look(texts, [found])))
      const { findings } = loadText(text)
      expect(
        findings.filter((f) => f.level === 'error'),
        text,
      ).toEqual([])
    }),
    { numRuns: 1500 },
  )
}, 120_000)

test('a command that is written as a line reads back as the same words', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc
          .string({ minLength: 1, maxLength: 12 })
          .map((w) => w.replaceAll('$', 's').replaceAll('\0', ''))
          .filter((w) => w !== ''),
        { minLength: 1, maxLength: 4 },
      ),
      (words) => {
        const { app, findings } = loadText(`app: shop\ncomponents:\n  web:\n    type: worker\n    run: ${commandText(words)}\n`)
        expect(findings).toEqual([])
        expect(app?.components[0]?.command).toEqual(words.map((w) => ({ type: 'text', text: w })))
      },
    ),
    { numRuns: 500 },
  )
})

test('an example of the environment is read with its quotes and comments', () => {
  const text =
    '\ufeff# ---\n# Where mail\n# comes from\nexport FROM="a # b" # sender\n\n# FLAG=off\nEMPTY=\nPLAIN = x y # note\nURL=http://x/#y\nFROM=again\nnot a line\nKEY=\'q\'\r\n'
  expect(readEnvExample(text)).toEqual([
    { name: 'FROM', value: 'a # b', about: 'sender' },
    { name: 'EMPTY', value: '' },
    { name: 'PLAIN', value: 'x y', about: 'note' },
    { name: 'URL', value: 'http://x/#y' },
    { name: 'KEY', value: 'q' },
  ])
  expect(namesInEnv(text)).toEqual(['FROM', 'EMPTY', 'PLAIN', 'URL', 'KEY'])
})

test('two looks at the same files give the same manifest', () => {
  const files = { '.env.example': 'B=1\nA=2', Procfile: 'worker: a\nweb: b', 'package.json': '{}' }
  const turned = Object.fromEntries(Object.entries(files).reverse())
  expect(manifestText(guessApp(look(files)))).toBe(manifestText(guessApp(look(turned))))
})
