import { randomBytes } from 'node:crypto'
import { LandfallError } from '../lib/error.ts'
import type { Resource } from '../model/app.ts'
import type { Scope } from '../model/plan.ts'
import mail from '../resources/mail/index.ts'
import { readOptions } from '../resources/mail/options.ts'
import type { TestMail } from '../resources/mail/send-test.ts'
import type { OpAnswers, OpInput } from './contract.ts'
import { notUp, operateOf } from './operate-of.ts'
import { appNameOf } from './read-manifest.ts'
import { resolveValue } from './value.ts'
import type { Setting } from './world.ts'

/** What was captured, newest first. */
export async function mailList(setting: Setting, input: OpInput<'mail-list'>): Promise<OpAnswers['mail-list']> {
  const { scope, resource } = await mailOf(setting, input)
  const { limit, to } = input
  const { listMessages } = await import('../resources/mail/read-mailbox.ts')
  const messages = await listMessages(folderOf(setting, scope, resource), { limit, ...(to !== undefined && { to }) })
  return { resource: resource.name, messages }
}

export async function mailShow(setting: Setting, input: OpInput<'mail-show'>): Promise<OpAnswers['mail-show']> {
  const { scope, resource } = await mailOf(setting, input)
  const { showMessage } = await import('../resources/mail/read-mailbox.ts')
  return showMessage(folderOf(setting, scope, resource), input.id)
}

/** Sends one mail with what the app is given, and says where it went. */
export async function mailTest(setting: Setting, input: OpInput<'mail-test'>): Promise<OpAnswers['mail-test']> {
  const { scope, resource } = await mailOf(setting, input)
  const { release } = setting.store.releases.serving(scope)
  if (!release) throw notUp(scope)
  const { relay } = readOptions(resource)
  if (relay && input.to === undefined) {
    throw new LandfallError({
      code: 'E_INPUT',
      message: `${resource.name} delivers to the world: whom to?`,
      hint: 'landfall mail test you@example.com',
    })
  }
  const of = { ...scope, component: resource.name, release }
  const parts = { store: setting.store, engine: () => setting.engine, edge: setting.edge }
  const text = (field: string) => resolveValue(mail.output(resource, field), of, parts)
  const server: TestMail['server'] =
    relay?.type === 'url'
      ? { url: await text('url') }
      : { host: await text('host'), port: await text('port'), user: await text('user'), password: await text('password') }
  const from = relay && !readOptions(resource).from ? (input.to ?? '') : await text('from')
  const to = input.to ?? `test-${randomBytes(4).toString('hex')}@landfall.example`
  const subject = `Test of ${scope.app}/${scope.environment}`
  const { sendTest } = await import('../resources/mail/send-test.ts')
  const sent = await sendTest({
    server,
    from,
    to,
    subject,
    text: `Sent by \`landfall mail test\` with what ${scope.app} is given.\n`,
  })
  const answer = { resource: resource.name, from, to, ...sent }
  if (relay) return { ...answer, kind: 'relay' }
  const id = Number(/kept as (\d+)/.exec(sent.response)?.[1])
  return { ...answer, kind: 'captured', ...(Number.isSafeInteger(id) && { id }) }
}

async function mailOf(setting: Setting, input: OpInput<'mail-test'>): Promise<{ scope: Scope; resource: Resource }> {
  const scope = { app: await appNameOf(input, setting.store), environment: input.environment }
  const operate = operateOf(setting.store, scope)
  if (!operate) throw notUp(scope)
  const all = operate.resources.filter((r) => r.type === 'mail')
  const found = input.resource === undefined ? all : all.filter((r) => r.name === input.resource)
  const [resource] = found
  if (resource && found.length === 1) return { scope, resource }
  const names = all.map((r) => r.name).join(', ')
  throw new LandfallError({
    code: 'E_UNKNOWN_RESOURCE',
    message: all.length === 0 ? `${scope.app} has no mail resource in ${scope.environment}` : `which of ${names}?`,
    at: 'resources',
    hint: all.length === 0 ? 'resources: { mail: { type: mail } }, then landfall up' : `--resource ${all[0]?.name}`,
  })
}

function folderOf(setting: Setting, scope: Scope, resource: Resource): string {
  const folder = readOptions(resource).relay ? undefined : volumeOfMail(setting, scope, resource)
  if (folder !== undefined) return folder
  throw new LandfallError({
    code: 'E_NOT_CAPTURED',
    message: `${resource.name} of ${scope.environment} hands mail on to a relay: what arrives there nobody here can read`,
    hint: 'landfall mail test you@example.com sends one',
  })
}

function volumeOfMail(setting: Setting, scope: Scope, resource: Resource): string {
  const [volume] = mail.expand(resource).volumes
  return setting.engine.volumePath(scope, volume?.name ?? '')
}
