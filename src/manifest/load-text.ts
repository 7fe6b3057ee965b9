import { type Loaded, loadManifest } from './load.ts'

const OUTPUTS: Record<string, readonly string[]> = {
  postgres: ['url', 'readonlyUrl', 'host', 'port', 'user', 'password', 'database', 'poolSize'],
  redis: ['url', 'host', 'port', 'password'],
  mail: ['url', 'host', 'port', 'user', 'password', 'from'],
  bucket: ['endpoint', 'region', 'name', 'accessKey', 'secretKey', 'url', 'publicUrl', 'kind', 'path'],
  volume: ['path'],
}

/** For tests: a manifest's text, as if it lay in a folder with the resources and builders of this version. */
export function loadText(text: string, environment = 'local'): Loaded {
  return loadManifest({
    files: { name: 'landfall.yaml', content: { type: 'yaml', text } },
    environment,
    folder: '/srv/shop',
    outputs: (type) => (Object.hasOwn(OUTPUTS, type) ? OUTPUTS[type] : undefined),
    builders: ['command', 'node', 'python', 'static'],
  })
}

/** `code place`, one per finding. */
export function codes(loaded: Loaded): string[] {
  return loaded.findings.map((f) => `${f.code} ${f.at.replace('landfall.yaml:', '')}`)
}
