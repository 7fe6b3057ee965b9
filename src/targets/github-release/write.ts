import type { App, Archive, Component } from '../../model/app.ts'
import type { Entry, WriteContext, Written } from '../../model/target.ts'
import { quote, quoteAll } from '../../translate/image/shell.ts'
import { jobOf } from '../../translate/pipeline/job-of.ts'
import { buildSteps, expression, GITHUB, jobEnv, type WorkflowStep, workflowText } from '../../translate/pipeline/workflow.ts'
import { writtenBy } from '../../translate/written-by.ts'

const TARGET = expression('matrix.target')

/** From where the pipeline's own settings say: a bare name would be whoever's package has it in the registry. */
const LANDFALL = 'npx --yes --package "$LANDFALL_PACKAGE" landfall'

/** A tag `v*` builds every archive on a machine of its own kind and publishes them with their sums. The tag must be the app's version. */
export function write(app: App, context: WriteContext): Written {
  const { root = '.', draft = 'false' } = context.options
  const artifacts = app.components.filter((c) => c.type === 'artifact')
  marks(app, context)
  if (artifacts.length === 0) {
    const message = 'no component is of type artifact, so there is nothing to publish'
    const hint = 'components: { desktop: { type: artifact, source: …, archives: [{ target: linux-x64 }] } }'
    context.finding({ level: 'warning', code: 'W_NOTHING_TO_WRITE', at: 'components', message, hint })
    return { files: {}, steps: [] }
  }
  const jobs: Record<string, unknown> = { version: versionJob(root) }
  for (const c of artifacts) Object.assign(jobs, { [c.name]: archiveJob(app, c, context, root) })
  jobs.publish = publishJob(artifacts, draft === 'true')
  const workflow = {
    name: `Publish ${app.name}`,
    on: { push: { tags: ['v*'] }, workflow_dispatch: {} },
    permissions: { contents: 'read' },
    env: { LANDFALL_PACKAGE: expression('vars.LANDFALL_PACKAGE') },
    jobs,
  }
  const head = [writtenBy('github-release'), 'Started by hand it builds everything and publishes nothing.']
  return {
    files: { '.github/workflows/release.yml': { text: workflowText(head, workflow) } },
    steps: [
      {
        title: 'Set the variable LANDFALL_PACKAGE to the address of the .tgz of Landfall that builds',
        text: 'Settings › Secrets and variables › Actions › Variables',
      },
      {
        title: 'Publish a version',
        commands: [`git tag v${app.version ?? '<version>'}`, `git push origin v${app.version ?? '<version>'}`],
      },
    ],
  }
}

/** A tag that says another version than the manifest ends it before any machine is started. */
function versionJob(root: string): Record<string, unknown> {
  const at = root === '.' ? '' : ` -C ${quote(root)}`
  return {
    'runs-on': 'ubuntu-latest',
    'timeout-minutes': 5,
    outputs: { version: expression('steps.version.outputs.version') },
    steps: [
      { uses: GITHUB.checkout, with: { 'persist-credentials': false } },
      { uses: GITHUB.setupNode, with: { 'node-version': '24' } },
      {
        id: 'version',
        name: 'The tag is the version',
        run: [
          'if [ -z "$LANDFALL_PACKAGE" ]; then echo "::error::the variable LANDFALL_PACKAGE is not set"; exit 1; fi',
          `version=$(${LANDFALL} check${at} --json | node -p 'JSON.parse(require("fs").readFileSync(0)).version ?? ""')`,
          'echo "version=$version" >> "$GITHUB_OUTPUT"',
          // `v1.2.3` or, with a build number, `v1.2.3.45`.
          'case "$GITHUB_REF" in',
          '  refs/tags/v"$version"|refs/tags/v"$version".*) ;;',
          '  refs/tags/*) echo "::error::the tag is $GITHUB_REF_NAME, and the manifest says $version"; exit 1 ;;',
          'esac',
        ].join('\n'),
      },
    ],
  }
}

function archiveJob(app: App, component: Component, context: WriteContext, root: string): Record<string, unknown> {
  const archives = component.archives ?? []
  const job = jobOf(app, component, context, root)
  const at = root === '.' ? '' : ` -C ${quote(root)}`
  const setup = archives.filter((a) => a.setup.length > 0)
  const steps: WorkflowStep[] = [
    { uses: GITHUB.checkout, with: { 'persist-credentials': false } },
    { uses: GITHUB.setupNode, with: { 'node-version': job?.node ?? '24' } },
    ...(job?.python ? [{ uses: GITHUB.setupPython, with: { 'python-version': job.python } }] : []),
    ...setup.map((a) => ({
      name: `What ${a.target} needs`,
      if: `matrix.target == '${a.target}'`,
      run: a.setup.map(quoteAll).join('\n'),
    })),
    ...testsOf(job && buildSteps(job, GITHUB), component),
    {
      name: 'Build the archive',
      run: `${LANDFALL} build ${component.name}${at} --target "${TARGET}" --out release`,
    },
    {
      uses: GITHUB.uploadArtifact,
      with: {
        name: `${component.name}-${TARGET}`,
        path: `${root === '.' ? '' : `${root}/`}release/\n!${root === '.' ? '' : `${root}/`}release/SHA256SUMS`,
        'if-no-files-found': 'error',
      },
    },
  ]
  return {
    name: `${component.name} for ${TARGET}`,
    needs: 'version',
    'runs-on': expression('matrix.runner'),
    'timeout-minutes': 60,
    ...(job && jobEnv(job)),
    // One that fails does not hide what is wrong with the others.
    strategy: { 'fail-fast': false, matrix: { include: archives.map(({ target, runner }) => ({ target, runner })) } },
    defaults: { run: { shell: 'bash' } },
    steps,
  }
}

/** The build is Landfall's; its test comes with it. */
function testsOf(steps: WorkflowStep[] | undefined, component: Component): WorkflowStep[] {
  return component.test ? (steps ?? []).filter((s) => typeof s.run === 'string') : []
}

function publishJob(artifacts: Component[], isDraft: boolean): Record<string, unknown> {
  return {
    needs: ['version', ...artifacts.map((c) => c.name)],
    if: "startsWith(github.ref, 'refs/tags/v')",
    'runs-on': 'ubuntu-latest',
    'timeout-minutes': 15,
    permissions: { contents: 'write' },
    steps: [
      { uses: 'actions/download-artifact@v8', with: { path: 'release', 'merge-multiple': true } },
      { name: 'Sums', 'working-directory': 'release', run: 'sha256sum * | tee SHA256SUMS' },
      {
        name: 'Release',
        env: { GH_TOKEN: expression('github.token'), TAG: expression('github.ref_name') },
        run: `gh release create "$TAG" release/* --repo "$GITHUB_REPOSITORY" --verify-tag --generate-notes${isDraft ? ' --draft' : ''}`,
      },
    ],
  }
}

function marks(app: App, context: WriteContext): void {
  const { manifest } = context
  for (const key of ['app', 'landfall']) manifest.get(key).kept('the workflow')
  manifest.get('version').kept('the tag, which must say the same')
  for (const c of app.components) {
    const entry = context.of(c.name)
    if (c.type !== 'artifact') {
      entry.lost('a release publishes archives of artifacts alone', 'release it with another platform, or with `landfall up`')
      continue
    }
    for (const key of ['type', 'source', 'build', 'test']) entry.get(key).kept('a job of the workflow')
    const archives = entry.get('archives')
    archives.kept('the matrix of its job')
    for (const [i, a] of (c.archives ?? []).entries()) remark(a, archives.get(i))
    for (const name of Object.keys(c.build.env)) context.variable(c.name, name).kept('env of its job')
  }
  for (const key of ['resources', 'routes', 'checks', 'env', 'groups', 'backup', 'troubles', 'keep', 'protect', 'engine']) {
    manifest.get(key).lost('nothing runs in a release')
  }
}

/** What the kinds of machines do without saying so. */
function remark({ target, runner }: Archive, entry: Entry): void {
  if (!runner.startsWith('ubuntu')) {
    const message = `${target} is built on ${runner}, and \`landfall build\` was only ever run on Linux`
    entry.finding('warning', 'W_UNPROVEN', message, 'start the workflow by hand once, before a tag depends on it')
  }
  if (target.startsWith('macos')) {
    entry.finding(
      'warning',
      'W_UNSIGNED',
      `${target} is not signed: macOS puts what is downloaded into quarantine`,
      'sign it in the build, or say so in the notes',
    )
  }
  if (target.startsWith('ios')) {
    entry.finding(
      'warning',
      'W_UNSIGNED',
      `${target} is not signed: no device installs it without signing it anew`,
      'sign it in the build',
    )
  }
  if (/android|apk/.test(target)) {
    entry.finding(
      'warning',
      'W_UNSIGNED',
      `${target} has the debug key unless the build has a keystore: stores refuse it`,
      'give the build a keystore',
    )
  }
}
