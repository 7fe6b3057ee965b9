// Written by `npm run gen`: one line for every folder here.
import type { Target } from '../model/target.ts'
import cloudronPlug from './cloudron/index.ts'
import composePlug from './compose/index.ts'
import coolifyPlug from './coolify/index.ts'
import dockerfilePlug from './dockerfile/index.ts'
import envPlug from './env/index.ts'
import giteaActionsPlug from './gitea-actions/index.ts'
import githubActionsPlug from './github-actions/index.ts'
import githubPagesPlug from './github-pages/index.ts'
import githubReleasePlug from './github-release/index.ts'
import jenkinsPlug from './jenkins/index.ts'
import kamalPlug from './kamal/index.ts'
import kubernetesPlug from './kubernetes/index.ts'
import northflankPlug from './northflank/index.ts'
import procfilePlug from './procfile/index.ts'
import railwayPlug from './railway/index.ts'
import renderPlug from './render/index.ts'

export const targets: Record<string, Target> = {
  'cloudron': cloudronPlug,
  'compose': composePlug,
  'coolify': coolifyPlug,
  'dockerfile': dockerfilePlug,
  'env': envPlug,
  'gitea-actions': giteaActionsPlug,
  'github-actions': githubActionsPlug,
  'github-pages': githubPagesPlug,
  'github-release': githubReleasePlug,
  'jenkins': jenkinsPlug,
  'kamal': kamalPlug,
  'kubernetes': kubernetesPlug,
  'northflank': northflankPlug,
  'procfile': procfilePlug,
  'railway': railwayPlug,
  'render': renderPlug,
}
