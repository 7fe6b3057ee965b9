import { LandfallError } from '../../lib/error.ts'
import type { App } from '../../model/app.ts'
import type { WriteContext, Written } from '../../model/target.ts'
import type { ImageVariable } from '../../translate/image/plan-image.ts'
import { imageOf, type WrittenImage } from '../../translate/image/write-image.ts'
import { callsOf, runs } from './calls.ts'
import { markApp, verdictOf } from './mark.ts'
import { nixpacksOf } from './nixpacks.ts'
import { requestsJson, requestsScript } from './requests.ts'
import { stackOf } from './stack.ts'
import { stepsOf } from './steps.ts'

/** Images and the calls that make them applications, or one stack of all of them. */
export async function write(app: App, context: WriteContext): Promise<Written> {
  const { form = 'api', build = 'dockerfile' } = context.options
  refuse('form', form, ['api', 'compose'])
  refuse('build', build, ['dockerfile', 'nixpacks'])
  const files: Written['files'] = {}
  const images = new Map<string, WrittenImage>()
  for (const component of runs(app)) {
    if (component.source.type !== 'folder') continue
    const packs = build === 'nixpacks' && component.type !== 'static' && form === 'api'
    const image = packs ? undefined : await imageOf(app, component, context, 'coolify', { words: WORDS })
    if (image) {
      images.set(component.name, image)
      Object.assign(files, image.files)
    } else Object.assign(files, nixpacksOf(app, component, context))
  }
  markApp(app, context, form, images)
  if (form === 'compose') {
    files['docker-compose.coolify.yaml'] = { text: stackOf(app, images, context) }
    return { files, steps: stepsOf(app, images, context, form) }
  }
  const { requests, wanted } = callsOf(app, images, context)
  files['coolify.json'] = { text: requestsJson(requests) }
  files['coolify.sh'] = { text: requestsScript(requests, wanted, app.name), isExecutable: true }
  return { files, steps: stepsOf(app, images, context, form) }
}

const WORDS = {
  given: ({ entry }: ImageVariable) => verdictOf(entry),
  release:
    'the entrypoint does it before the app starts: Coolify’s own hook runs in the old container, and not at all the first time',
  bootstrap: 'the entrypoint does it once, and notes that in the database (table landfall_once)',
  notesInDatabase: true,
}

function refuse(option: string, value: string, known: string[]): void {
  if (known.includes(value)) return
  throw new LandfallError({
    code: 'E_USAGE',
    message: `${option} is ${known.join(' or ')}`,
    hint: `--option ${option}=${known[0]}`,
  })
}
