import type { App } from '../model/app.ts'

/** ` --env production`, behind every command that is meant for the environment of the guide; nothing for the local one. */
export function inEnvironment({ environment }: App): string {
  return environment.name === 'local' ? '' : ` --env ${environment.name}`
}
