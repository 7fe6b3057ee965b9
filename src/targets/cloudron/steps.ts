import { posix } from 'node:path'
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
): ManualStep[] {
  const hosts = [...new Set(app.routes.filter((r) => r.to === main.name).map((r) => r.host))]
  const [host = '<app.example.org>', ...aliases] = hosts
  const ref = `${context.options.image ?? '<registry>/<team>/<name>'}:${version}`
  const isGiven = (name: string) => /^CLOUDRON_/.test(name)
  const given = image?.plan.variables.filter((v) => v.from.type === 'given' && !isGiven(v.entry.name) && !v.entry.generate) ?? []
  const steps: ManualStep[] = []
  if (context.project !== '.') steps.push({ title: 'copy the files into the project', commands: [`cp -R . ${context.project}/`] })
  if (image) {
    const folder = image.plan.folder
    const args = Object.entries(image.buildArgs).flatMap(([name, text]) =>
      text === undefined ? [`--build-arg ${name}=<value>`] : [],
    )
    const build = [
      'docker build --platform linux/amd64',
      ...args,
      `-t ${ref} -f ${posix.join(folder, image.file)} ${folder}`,
    ].join(' ')
    steps.push({
      title: 'build and push the image',
      commands: [build, `docker push ${ref}`, 'docker logout <registry>', `docker pull --platform linux/amd64 ${ref}`],
      text: 'Cloudron hosts are x86_64. The last two lines see that it can be pulled without an account; a private registry is entered in the dashboard.',
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
  if (given.length > 0) {
    const values = given.map((v) => `${v.entry.name}='<value>'`)
    const about = given.flatMap((v) => (v.entry.about ? [`${v.entry.name}: ${v.entry.about}.`] : []))
    steps.push({
      title: 'set its variables',
      commands: [`cloudron env set --app ${host} ${values.join(' ')}`],
      ...(about.length > 0 && { text: about.join(' ') }),
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
        `curl -fsS https://${host}${main.health?.type === 'http' ? main.health.path : '/'}`,
        `cloudron logs -f --app ${host}`,
      ],
    },
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
