import type { App } from '../../model/app.ts'
import type { ImagePlan, ImageVariable } from '../../translate/image/plan-image.ts'
import { writtenBy } from '../../translate/written-by.ts'

/** What who runs the image has to set, as a file for `docker run --env-file`: no value of a secret in it. Undefined: nothing. */
export function envExample(plan: ImagePlan, app: App): string | undefined {
  const given = plan.variables.filter((v) => v.from.type === 'given')
  if (given.length === 0) return undefined
  const head = [
    `# ${writtenBy('dockerfile')}`,
    `# Variables of the component ${plan.component.name} of ${app.name}. Fill in a copy; --env-file takes values as they are, without quotes.`,
  ]
  const lines = given.flatMap((v) => [
    '',
    ...commentsOf(v).map((c) => `# ${c.replaceAll('\n', ' ')}`),
    `${v.isRequired ? '' : '# '}${v.entry.name}=`,
  ])
  return `${[...head, ...lines].join('\n')}\n`
}

function commentsOf({ entry, isRequired }: ImageVariable): string[] {
  const { about, onRotate, generate, minLength, pattern, default: value } = entry
  const made =
    generate &&
    {
      hex: `openssl rand -hex ${generate.length}`,
      base64: `openssl rand -base64 ${generate.length}`,
      password: `openssl rand -base64 ${generate.length}`,
      uuid: 'uuidgen',
    }[generate.kind]
  return [
    ...(about ? [about] : []),
    ...(value?.type === 'output' ? [`the ${value.field} of the resource ${value.resource}`] : []),
    ...(value?.type === 'address' || (value?.type === 'join' && value.parts.some((p) => p.type === 'address'))
      ? ['where another component is reached']
      : []),
    ...(made ? [`${made} makes one`] : []),
    ...(minLength !== undefined ? [`${minLength} characters or more`] : []),
    ...(pattern !== undefined ? [`matches ${pattern}`] : []),
    ...(onRotate ? [`when it changes: ${onRotate}`] : []),
    ...(isRequired ? [] : ['optional']),
  ]
}
