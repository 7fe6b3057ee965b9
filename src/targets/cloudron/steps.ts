import type { App, Component } from '../../model/app.ts'
import type { ManualStep, WriteContext } from '../../model/target.ts'
import { SUPPORT } from '../../translate/image/entrypoint.ts'
import type { WrittenImage } from '../../translate/image/write-image.ts'

/** What to type: an image, an installation, its variables, later updates, and the way to the real domain and back. */
export function stepsOf(
  app: App,
  main: Component,
  image: WrittenImage | undefined,
  version: string,
  context: WriteContext,
  smoke: { text?: string; steps: ManualStep[] },
): ManualStep[] {
  const hosts = [...new Set(app.routes.filter((r) => r.to === main.name).map((r) => r.host))]
  const [host = '<app.example.org>', ...aliases] = hosts
  const ref = `${context.options.image ?? '<registry>/<team>/<name>'}:${version}`
  const isGiven = (name: string) => /^CLOUDRON_/.test(name)
  const given = image?.plan.variables.filter((v) => v.from.type === 'given' && !isGiven(v.entry.name) && !v.entry.generate) ?? []
  const steps: ManualStep[] = []
  if (context.project !== '.') steps.push({ title: 'copy the files into the project', commands: [`cp -R . ${context.project}/`] })
  if (image) {
    steps.push({
      title: 'build and push the image',
      commands: [`docker login ${context.options.image?.split('/')[0] ?? '<registry>'}`, './docker-release.sh'],
      text: 'It is for linux/amd64, which Cloudron hosts are. The script ends with a pull without an account; a private registry is entered in the dashboard.',
    })
  }
  steps.push(
    { title: 'log in', commands: ['cloudron login <my.example.org>'] },
    {
      title: 'install',
      commands: [`cloudron install --image ${ref} --location ${host}`],
      text: 'Run it beside CloudronManifest.json: the addons are read from there, the image is not.',
    },
  )
  const needed = given.filter((v) => v.isRequired)
  if (given.length > 0) {
    const about = (list: typeof given) => list.map((v) => (v.entry.about ? `${v.entry.name}: ${v.entry.about}.` : v.entry.name))
    const optional = about(given.filter((v) => !v.isRequired))
    const words = [...about(needed), ...(optional.length > 0 ? [`Nobody has to set ${optional.join(' ')}`] : [])]
    const shown = needed.length > 0 ? needed : given
    steps.push({
      title: needed.length > 0 ? 'set its variables' : 'set its variables, where wanted',
      commands: [`cloudron env set --app ${host} ${shown.map((v) => `${v.entry.name}='<value>'`).join(' ')}`],
      text: words.join(' '),
    })
  }
  for (const alias of aliases) steps.push({ title: `add ${alias}`, text: `Dashboard → ${host} → Location → Aliases: ${alias}` })
  for (const [task, commands] of Object.entries(image?.plan.tasks ?? {})) {
    steps.push({
      title: `${main.name}.${task}, on demand`,
      commands: commands.map(
        (words) => `cloudron exec --app ${host} -- env LANDFALL_PREPARE=no /bin/sh ${SUPPORT}/start.sh ${words.join(' ')}`,
      ),
      text: 'A plain `cloudron exec` is root and has not the names that start.sh makes.',
    })
  }
  steps.push(
    {
      title: 'smoke',
      commands: [
        smoke.text === undefined
          ? `curl -fsS https://${host}${main.health?.type === 'http' ? main.health.path : '/'}`
          : `./smoke.sh ${host}`,
        `cloudron logs -f --app ${host}`,
      ],
    },
    ...smoke.steps,
    {
      title: 'update, later',
      commands: [`cloudron update --app ${host} --image ${ref}`],
      text: 'A backup is taken first. The version must have risen. Back again: the same with the older image; migrations are not undone by that.',
    },
    { title: 'back up', commands: [`cloudron backup create --app ${host}`, `cloudron backup list --app ${host}`] },
    {
      title: 'try a restore',
      commands: [
        `cloudron clone --app ${host} --location restore-test --backup <id>`,
        'cloudron uninstall --app restore-test.<domain>',
      ],
    },
  )
  if (app.environment.isProtected) {
    steps.push({
      title: 'take over a domain that another app has',
      commands: [
        `cloudron set-location --app ${host} --location legacy.${host}`,
        `cloudron set-location --app new.${host} --location ${host}`,
      ],
      text: `Installed at new.${host} and smoked there before. The same two lines with the places changed are the way back; keep the old app and its last backup for 90 days.`,
    })
  }
  return steps
}
