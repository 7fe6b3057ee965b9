import type { App } from '../../model/app.ts'
import type { ManualStep, WriteContext } from '../../model/target.ts'
import { valuesIn } from '../../translate/image/shell.ts'
import type { WrittenImage } from '../../translate/image/write-image.ts'

/** What stays for a person: the first is the repository, since Coolify takes everything from there. */
export function stepsOf(app: App, images: Map<string, WrittenImage>, context: WriteContext, form: string): ManualStep[] {
  const files = images.size > 0 ? 'Dockerfiles, their folder landfall/' : 'nixpacks.toml'
  const steps: ManualStep[] = []
  if (context.project !== '.') steps.push({ title: 'copy the files into the project', commands: [`cp -R . ${context.project}/`] })
  steps.push({
    title: 'commit what was written',
    text: `Coolify builds from git: ${files} and, for a stack, the compose file have to be there.`,
  })
  const hosts = [...new Set(app.routes.map((r) => r.host))]
  if (hosts.length > 0)
    steps.push({
      title: 'point the domains to the server',
      text: `DNS: ${hosts.join(', ')}. Coolify gets certificates by itself.`,
    })
  if (form === 'compose') {
    steps.push({
      title: 'make the stack',
      text: 'Dashboard → Project → New → your repository → Build Pack: Docker Compose, Location: /docker-compose.coolify.yaml. Then its variables, and a domain for each service.',
    })
    return steps
  }
  steps.push({
    title: 'make it',
    commands: ['COOLIFY_URL=https://<coolify.example.org> COOLIFY_TOKEN=<token> COOLIFY_SERVER=<uuid> sh coolify.sh'],
    text: 'A token with rights to write is made under Keys & Tokens. What was made is noted in coolify.state; secrets are not.',
  })
  const wanted = new Set(
    app.components.flatMap((c) =>
      app.contract
        .filter((e) => e.components.includes(c.name))
        .flatMap((e) => (e.default ? valuesIn(e.default) : []))
        .flatMap((v) => (v.type === 'address' ? [v.component] : [])),
    ),
  )
  for (const name of [...wanted].sort()) {
    steps.push({
      title: `give ${name} its name inside`,
      text: `Application ${app.name}-${name} → Configuration → Advanced → Network Aliases: ${app.name}-${name}. Others reach it by that; the API has no field for it.`,
    })
  }
  for (const component of app.components.filter((c) => c.mounts.some((m) => m.writers === 'one'))) {
    steps.push({
      title: `let only one ${component.name} run`,
      text: `Application ${app.name}-${component.name} → Configuration → Advanced → Consistent Container Names: on. Otherwise the old and the new one write to its volume at once.`,
    })
  }
  return steps
}
