import { DockerfileParser } from 'dockerfile-ast'
import { validate } from 'dockerfile-utils'
import { targetSuite } from '../../../test/target-suite.ts'
import index from './index.ts'

targetSuite(index, {
  notReadBack: {
    'version\\.file': 'the version itself is in the image',
    'components\\.web\\.run\\[0\\]': 'what listened on all addresses comes back on the loopback',
    'groups\\..*': 'the entrypoint has it',
    '.*\\.build\\.install': 'installing is left to the builder',
    'components\\.\\w+\\.health': 'a path alone comes back with all that it means',
    '.*\\.serve\\..*': 'nginx.conf has it, and the reader knows Dockerfiles',
    '(env|.*\\.env)\\.\\w+\\.(minLength|pattern|required|secret|about)': 'the entrypoint and the .env.example have it',
  },
  validate: (files) =>
    Object.entries(files)
      .filter(([name]) => /Dockerfile$/.test(name))
      .flatMap(([name, text]) => [
        ...validate(text).map((d) => `${name}:${d.range.start.line + 1} ${d.message}`),
        ...structure(name, text),
      ]),
})

/** What the validator does not look at: stages that are copied from are there, and the last one does not run as root. */
function structure(name: string, text: string): string[] {
  const parsed = DockerfileParser.parse(text)
  const stages = parsed.getFROMs().map((f) => f.getBuildStage())
  const copied = parsed.getCOPYs().flatMap((c) => c.getFromFlag()?.getValue() ?? [])
  const user = parsed.getInstructions().findLast((i) => i.getKeyword() === 'USER')
  return [
    ...copied.filter((c) => !stages.includes(c)).map((c) => `${name}: there is no stage ${c}`),
    ...(/^[1-9]\d*:[1-9]\d*$/.test(user?.getArgumentsContent() ?? '') ? [] : [`${name}: it runs as root`]),
  ]
}
