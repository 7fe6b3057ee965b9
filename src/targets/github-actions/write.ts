import type { App } from '../../model/app.ts'
import type { WriteContext, Written } from '../../model/target.ts'
import { writeActions } from '../../translate/pipeline/actions.ts'
import { GITHUB } from '../../translate/pipeline/workflow.ts'

export async function write(app: App, context: WriteContext): Promise<Written> {
  return writeActions(app, context, {
    target: 'github-actions',
    file: '.github/workflows/landfall.yml',
    actions: GITHUB,
    settings: 'Settings › Environments',
    runner: 'self-hosted+landfall',
  })
}
