import type { App } from '../../model/app.ts'
import type { WriteContext, Written } from '../../model/target.ts'
import { writeActions } from '../../translate/pipeline/actions.ts'
import { GITEA } from '../../translate/pipeline/workflow.ts'

export async function write(app: App, context: WriteContext): Promise<Written> {
  return writeActions(app, context, {
    target: 'gitea-actions',
    file: '.gitea/workflows/landfall.yml',
    actions: GITEA,
    settings: 'Settings › Actions',
    runner: 'landfall',
  })
}
