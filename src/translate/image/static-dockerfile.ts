import { posix } from 'node:path'
import { buildStage, copyArguments, type DockerfileInput, dockerText, headLines } from './dockerfile.ts'
import { folderOf, NGINX_PORT, type NginxConf, nginxConf } from './nginx-conf.ts'

/** Files that a build leaves, served by nginx under an ordinary user. */
export function staticDockerfile(input: DockerfileInput): { dockerfile: string; conf: NginxConf } {
  const { app, plan, recipe, support } = input
  const names = {
    LANDFALL_APP: app.name,
    LANDFALL_COMPONENT: plan.component.name,
    ...(app.version !== undefined && { LANDFALL_VERSION: app.version }),
  }
  const conf = nginxConf(plan.component.serve, input.by)
  const from = `${posix.join(plan.root, recipe.output)}/`
  const runtime = [
    'FROM nginx:1.29 AS runtime',
    `ENV ${Object.entries(names)
      .map(([name, text]) => `${name}=${dockerText(text)}`)
      .join(' ')}`,
    `COPY ${copyArguments([`${support}/nginx.conf`, '/etc/nginx/nginx.conf'])}`,
    `COPY --from=build ${copyArguments([from, folderOf(plan.component.serve?.basePath)])}`,
    'USER 1001:1001',
    `EXPOSE ${NGINX_PORT}`,
    'STOPSIGNAL SIGQUIT',
    // The image's own entrypoint would write into a configuration that is not its own.
    'ENTRYPOINT ["nginx", "-g", "daemon off;"]',
  ]
  return { dockerfile: `${[headLines(input), buildStage(input), runtime.join('\n')].join('\n\n')}\n`, conf }
}
