import type { Component, ReleaseStep } from '../model/app.ts'
import type { Value } from '../model/value.ts'

/** Commands that change a schema, by the words that they begin with; what stands before them (`npx`, `poetry run`) does not matter. */
const COMMANDS: RegExp[] = [
  /\bmigrat(e|es|ion|ions)\b/i,
  /\balembic (.* )?(upgrade|downgrade|stamp)\b/,
  /\bprisma (.* )?(migrate|db push)\b/,
  /\bdrizzle-kit (.* )?(migrate|push)\b/,
  /\b(typeorm|sequelize|mikro-orm) (.* )?(migration:|schema:|db:migrate)/,
  /\b(knex|flyway|liquibase|dbmate|goose|atlas|sqitch|node-pg-migrate|diesel) (.* )?(up|update|migrate|latest|deploy|apply|run)\b/,
  /\b(rails|rake|hanami|mix) (.* )?(db:|ecto\.)migrate\b/,
]

/** Whether the release steps of a component change the schema of a database. Pure. */
export function migratesOf(component: Pick<Component, 'releaseSteps'>): boolean {
  return component.releaseSteps.some(isMigrating)
}

/** `migrates:` says so; unsaid, `verify.migrations` does, or the step's name and words. */
export function isMigrating(step: ReleaseStep): boolean {
  if (step.migrates !== undefined) return step.migrates
  if (step.verify?.migrations) return true
  const words = [step.run, step.check ?? []].map((command) => command.map(textOf).join(' '))
  return [step.name.replaceAll('-', ' '), ...words].some((text) => COMMANDS.some((command) => command.test(text)))
}

function textOf(value: Value): string {
  if (value.type === 'text') return value.text
  return value.type === 'join' ? value.parts.map(textOf).join('') : ''
}
