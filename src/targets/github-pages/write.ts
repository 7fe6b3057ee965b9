import { posix } from 'node:path'
import type { App, Component } from '../../model/app.ts'
import type { WriteContext, Written } from '../../model/target.ts'
import { quote } from '../../translate/image/shell.ts'
import { jobOf, type PipelineJob } from '../../translate/pipeline/job-of.ts'
import { buildSteps, expression, GITHUB, jobEnv, type WorkflowStep, workflowText } from '../../translate/pipeline/workflow.ts'
import { writtenBy } from '../../translate/written-by.ts'
import { notFoundPage, RESTORE_PATH, rootPage } from './pages.ts'
import { type Site, siteOf } from './site.ts'

/** One site out of all static components: each tested and built, put into its folder, published together since Pages replaces the whole. */
export function write(app: App, context: WriteContext): Written {
  const { branch = 'main', root = '.', site: base, start } = context.options
  const apps = app.components.filter((c) => c.type === 'static')
  const site = siteOf(app, { ...(base !== undefined && { base }), ...(start !== undefined && { start }) })
  marks(app, apps, site, context)
  if (apps.length === 0) return { files: {}, steps: [] }
  const jobs = apps.map((c) => ({ component: c, job: jobOf(app, c, context, root) }))
  const asked = [...new Set(jobs.flatMap((j) => j.job?.asked ?? []))].sort()
  const workflow = {
    name: `Publish ${app.name}`,
    on: { push: { branches: [branch] }, workflow_dispatch: {} },
    permissions: { contents: 'read' },
    // What is being published goes on; of those that wait, the newest is left.
    concurrency: { group: 'pages', 'cancel-in-progress': false },
    jobs: {
      build: {
        'runs-on': 'ubuntu-latest',
        'timeout-minutes': 30,
        steps: [
          { uses: GITHUB.checkout, with: { 'persist-credentials': false } },
          ...jobs.flatMap(({ component, job }) =>
            appSteps(component, job, site, job?.output ?? posix.join(root, context.folder(component))),
          ),

          { name: 'Pages of the site itself', run: ownPages(app, site) },
          { uses: 'actions/configure-pages@v6' },
          { uses: 'actions/upload-pages-artifact@v5', with: { path: '_site' } },
        ],
      },
      publish: {
        needs: 'build',
        'runs-on': 'ubuntu-latest',
        permissions: { pages: 'write', 'id-token': 'write' },
        environment: { name: 'github-pages', url: expression('steps.deployment.outputs.page_url') },
        steps: [{ id: 'deployment', uses: 'actions/deploy-pages@v5' }],
      },
    },
  }
  const head = [
    writtenBy('github-pages'),
    'An app whose tests fail is not published, and neither are the others: the site is one.',
  ]
  const hosts = [...new Set(app.routes.filter((r) => site.folders.has(r.to)).map((r) => r.host))]
  return {
    files: { '.github/workflows/pages.yml': { text: workflowText(head, workflow) } },
    steps: [
      { title: 'Choose GitHub Actions as the source', text: 'Settings › Pages › Build and deployment' },
      ...(site.base === '/' && hosts[0]
        ? [{ title: `Set the custom domain ${hosts[0]}`, text: 'Settings › Pages › Custom domain' }]
        : []),
      ...(asked.length > 0
        ? [{ title: `Set the variables ${asked.join(', ')}`, text: 'Settings › Secrets and variables › Actions › Variables' }]
        : []),
    ],
  }
}

/** Build and test of one app, then its files in their folder of the site. */
function appSteps(component: Component, job: PipelineJob | undefined, site: Site, from: string): WorkflowStep[] {
  const folder = site.folders.get(component.name) ?? ''
  const place = `${site.base}${folder && `${folder}/`}`
  const env = { ...(job && jobEnv(job).env), ...(site.moved.includes(component) && { BASE_PATH: place }) }
  const steps = (job ? buildSteps(job, GITHUB) : []).map((s) => {
    if (typeof s.run !== 'string') return s
    const { run, name = 'package manager', env: own, ...rest } = s
    const all = { ...(own as object | undefined), ...env }
    return { name: `${component.name}: ${String(name)}`, ...rest, ...(Object.keys(all).length > 0 && { env: all }), run }
  })
  const to = `_site/${folder}`.replace(/\/$/, '')
  const lines = [`mkdir -p ${quote(to)}`, `cp -R ${quote(`${from}/.`)} ${quote(to)}`]
  if (component.serve?.spa) {
    const script = `<script src="${site.base}landfall-path.js"></script>`
    lines.push(`sed -i ${quote(`0,/<head[^>]*>/s||&${script}|`)} ${quote(`${to}/index.html`)}`)
  }
  return [...steps, { name: `${component.name}: into the site`, run: lines.join('\n') }]
}

function ownPages(app: App, site: Site): string {
  const lines = ['touch _site/.nojekyll']
  const put = (file: string, text: string) => lines.push(`cat > _site/${file} <<'LANDFALL_END'\n${text}LANDFALL_END`)
  if (site.start) put('index.html', rootPage(site.folders.get(site.start.name) ?? '', app.name))
  const spas = app.components.filter((c) => c.serve?.spa).map((c) => site.folders.get(c.name) ?? '')
  if (spas.length > 0) {
    put(
      '404.html',
      notFoundPage(
        site.base,
        [...spas].sort((a, b) => b.length - a.length),
      ),
    )
    put('landfall-path.js', RESTORE_PATH)
  }
  return lines.join('\n')
}

function marks(app: App, apps: Component[], site: Site, context: WriteContext): void {
  const { manifest } = context
  const isHere = new Set(apps.map((c) => c.name))
  for (const key of ['app', 'version', 'landfall']) manifest.get(key).kept('the workflow')
  for (const c of app.components) {
    const entry = context.of(c.name)
    if (!isHere.has(c.name)) {
      entry.lost('GitHub Pages publishes files and runs nothing', 'release it with another platform, or with `landfall up`')
      continue
    }
    for (const key of ['type', 'source', 'build', 'test']) entry.get(key).kept('a step of the workflow')
    const serve = entry.get('serve')
    serve.get('basePath').changed(`lies in ${site.base}${site.folders.get(c.name) ?? ''}`)
    serve.get('spa').changed('404.html leads back to the app; the status of such a path is 404 until its page has loaded')
    serve.get('redirects').lost('Pages has no redirects', 'write a page with a refresh, or put a CDN in front')
    serve.get('immutable').lost('Pages lets browsers keep everything for ten minutes, whatever its name', 'put a CDN in front')
    for (const name of Object.keys(c.build.env)) context.variable(c.name, name).kept('env of its build')
    for (const [name] of Object.entries(c.env))
      context.variable(c.name, name).lost('published files have no environment', 'read it when it is built: `when: build`')
  }
  for (const c of site.moved) {
    const place = `${site.base}${site.folders.get(c.name)}/`
    const message = `${c.name} was built for a place that another app has here: it lies in ${place}, and its build finds that in BASE_PATH`
    context
      .of(c.name)
      .finding('warning', 'W_BASE_PATH', message, `let its build use BASE_PATH, and say serve: { basePath: ${place} }`)
  }
  for (const route of manifest.get('routes').items()) {
    const to = route.get('to').text() ?? ''
    if (isHere.has(to))
      route.changed('its folder in the site; the host is the custom domain of the whole site', 'Settings › Pages › Custom domain')
    else route.lost('GitHub Pages publishes files and runs nothing')
  }
  manifest.get('env').lost('published files have no environment', 'read it when it is built: `when: build`')
  manifest.get('resources').lost('GitHub Pages keeps no data')
  manifest.get('checks').lost('Pages publishes without asking', '`landfall smoke` asks from anywhere')
  manifest.get('keep').lost('Pages keeps the last artifact alone', 'run an older workflow again to go back')
  manifest.get('protect').changed('an approval before the environment github-pages', 'Settings › Environments')
  for (const key of ['backup', 'troubles', 'groups', 'engine']) manifest.get(key).lost('nothing runs on GitHub Pages')
}
