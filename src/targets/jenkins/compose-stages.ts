import type { App } from '../../model/app.ts'
import { quote } from '../../translate/image/shell.ts'
import type { PipelineJob } from '../../translate/pipeline/job-of.ts'
import { block, type Lines, sh, stage, steps, text } from './groovy.ts'
import { testStage } from './write.ts'

/** The stages for the files that the compose export wrote: each is what an operator would type. */
export function composeStages(app: App, jobs: PipelineJob[], root: string, branch: string): Lines[] {
  const onBranch = `when { branch ${text(branch)} }`
  const inRoot = (lines: Lines): Lines => (root === '.' ? lines : block(`dir(${text(root)})`, ...lines))
  const databases = app.resources.filter((r) => r.type === 'postgres' && r.options.url === undefined)
  const [first] = app.routes
  const gets = app.checks
    .flatMap((c) => c.steps)
    .flatMap((s) => (s.type === 'http' && s.method === 'GET' && s.expect.status === 200 ? [s] : []))
  return [
    // Credentials are in the environment, where compose finds them; one that is missing ends it here.
    stage('Prepare Environment', steps(...inRoot(sh('docker compose config --quiet')))),
    ...databases.flatMap((db) => [
      stage(
        `Backup ${db.name}`,
        onBranch,
        steps(
          ...inRoot(
            sh(
              // Nothing to back up before the first release; a database that is there and cannot be dumped ends the build.
              `if [ -z "$(docker compose ps --quiet ${quote(db.name)})" ]; then echo 'no database yet'; exit 0; fi`,
              `docker compose exec -T ${quote(db.name)} sh -c 'pg_dump -Fc -U "$POSTGRES_USER" -d "$POSTGRES_DB"' > ${quote(`${db.name}.dump`)}`,
              `test -s ${quote(`${db.name}.dump`)}`,
            ),
          ),
          `archiveArtifacts artifacts: ${text(`${root === '.' ? '' : `${root}/`}${db.name}.dump`)}, allowEmptyArchive: true`,
        ),
      ),
      stage(
        `Ensure ${db.name} Ready`,
        onBranch,
        steps(
          ...inRoot(
            sh(
              `docker compose up -d ${quote(db.name)}`,
              'for i in $(seq 60); do',
              `  docker compose exec -T ${quote(db.name)} sh -c 'pg_isready -q -U "$POSTGRES_USER" -d "$POSTGRES_DB"' && exit 0`,
              '  sleep 5',
              'done',
              `docker compose logs --tail 50 ${quote(db.name)}`,
              'exit 1',
            ),
          ),
        ),
      ),
    ]),
    ...testStage(jobs),
    stage('Deploy', onBranch, steps(...inRoot(sh('docker compose build', 'docker compose up -d --remove-orphans --wait')))),
    ...(gets.length > 0 && first
      ? [
          stage(
            'Smoke',
            onBranch,
            steps(
              ...inRoot(sh(...gets.map((s) => `curl -fsS -o /dev/null ${quote(`https://${s.host ?? first.host}${s.path}`)}`))),
            ),
          ),
        ]
      : []),
  ]
}
