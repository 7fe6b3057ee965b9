import { parse } from 'cloudron-manifestformat'
import { targetSuite } from '../../../test/target-suite.ts'
import index from './index.ts'

targetSuite(index, {
  // Cloudron's own validator.
  validate: (files) => {
    const text = files['CloudronManifest.json']
    const error = text === undefined ? undefined : parse(JSON.parse(text))
    return error ? [error.message] : []
  },
  options: [{}, { image: 'git.example.org/team/app', id: 'org.example.app' }],
  notReadBack: {
    'components\\..*\\.(source|build\\..*|stop\\.signal|serve\\..*)':
      'Dockerfile.cloudron has it: the reader for Dockerfiles finds it there',
    'components\\..*\\.scale\\.(instances|max|because|sticky)': 'one container is what Cloudron means anyway',
    'components\\.\\w+\\.health\\.path': 'a path alone is written as one',
    'components\\.site\\.(type|health)': 'Cloudron knows containers that answer, and not what is in them',
    'resources\\.\\w+\\.type': 'one localstorage holds all volumes',
    '(env|components\\.\\w+\\.env)\\.\\w+\\.(minLength|pattern|required|secret|about)': 'start.sh has it',
    '(env|components\\.\\w+\\.env)\\.\\w+(\\.default)?': 'ENV in Dockerfile.cloudron has it',
    'checks\\[\\d+\\]\\..*': 'smoke.sh has it',
    'routes\\[\\d+\\]\\.to': 'a domain is given to the app by command',
  },
})
