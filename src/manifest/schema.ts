import { z } from 'zod'
import { backup } from './schema-backup.ts'
import { check, trouble } from './schema-check.ts'
import { component, scale } from './schema-component.ts'
import { envEntry, groups } from './schema-env.ts'
import { duration, envKey, flag, host, innerPath, name, reference, routePath, rule, whole } from './schema-scalars.ts'

const mapping = rule('E_TYPE', 'is not a mapping of names')
const anything = z.unknown()

const version = z.union(
  [
    z.string(),
    z.number(),
    z.strictObject({ file: innerPath.describe('A file whose first line is the version; of a .json file, its version field.') }),
  ],
  rule('E_TYPE', 'is not a version: a text, or { file }'),
)

const route = z.strictObject({
  host: host.describe('The name that the world uses.'),
  path: routePath.optional().describe('A path prefix that ends at a segment: /api takes /api and /api/x.'),
  to: reference.describe('A web or static component.'),
  cors: anything.optional().describe('Answers of the edge to other origins.'),
})

const resource = z.looseObject(
  { type: reference.describe('What it is: postgres, volume.') },
  rule('E_TYPE', 'is not a mapping with a type'),
)

const environment = z.strictObject({
  hosts: z.record(z.string(), host).optional().describe('Hosts of the routes, each with its name in this environment.'),
  scale: z.record(reference, scale).optional().describe('Other sizes, by component.'),
  env: z.record(envKey, envEntry).optional().describe('Other values, or more variables.'),
  resources: z
    .record(reference, z.looseObject({}, rule('E_TYPE', 'is not a mapping of options')))
    .optional()
    .describe('Other options of resources, by name.'),
  protect: flag.optional().describe('Changes must be confirmed with the name of the app.'),
  uptime: z
    .union([flag, duration('1s', '1d')], rule('E_TYPE', 'is neither true, false nor a time such as 60s'))
    .optional()
    .describe('How often checks that only look are asked of what serves.'),
})

/** The manifest, as it is written. The one source of the validator, of the JSON Schema and of the type. */
export const manifestSchema = z
  .strictObject({
    landfall: z
      .literal(1, rule('E_VERSION', 'is not a format of manifests that this Landfall knows; 1 is', 'upgrade Landfall'))
      .optional()
      .describe('Version of this format.'),
    app: name.describe('Name of the app.'),
    version: version.optional().describe('Version of the app, given to instances as LANDFALL_VERSION.'),
    engine: z.string(rule('E_TYPE', 'is not a text')).optional().describe('Where instances run: process.'),
    components: z
      .record(name, component, mapping)
      .refine(
        (all) => Object.keys(all).length > 0,
        rule('E_MISSING', () => 'there is no component'),
      )
      .describe('What runs, or is published, by name.'),
    resources: z.record(name, resource, mapping).optional().describe('What components lean on, by name.'),
    env: z
      .record(envKey, envEntry, mapping)
      .optional()
      .describe('Variables of all components; of static ones only those for the build.'),
    groups: groups.optional().describe('Rules over several variables.'),
    routes: z
      .array(route, rule('E_TYPE', 'is not a list of routes'))
      .max(500)
      .optional()
      .describe('Which host and path leads to which component.'),
    checks: z
      .array(check, rule('E_TYPE', 'is not a list of checks'))
      .max(200)
      .optional()
      .describe('Smoke checks: asked on new instances before they have traffic, and of what serves.'),
    environments: z.record(name, environment, mapping).optional().describe('What is different, by environment.'),
    backup: backup.optional().describe('When backups are made, where they go, and how long they stay.'),
    troubles: z
      .array(trouble, rule('E_TYPE', 'is not a list of troubles'))
      .max(200)
      .optional()
      .describe('Known failures: what is noticed, what it comes from, and what to look at.'),
    keep: z
      .strictObject({
        releases: whole(1, 50).optional().describe('How many releases can be gone back to.'),
        warm: duration().optional().describe('How long the old app stays warm after a promotion.'),
        decommissioned: duration('0s', '3650d').optional().describe('How long backups of a decommissioned app are held.'),
      })
      .optional()
      .describe('What is kept.'),
  })
  .describe('landfall.yaml: what an app is made of, and how it is released.')

export type Manifest = z.output<typeof manifestSchema>
export type ManifestInput = z.input<typeof manifestSchema>
export type ManifestComponent = Manifest['components'][string]
export type ManifestEnv = NonNullable<Manifest['env']>[string]

/** For editors: `landfall schema` prints it. */
export function jsonSchema(): Record<string, unknown> {
  return { title: 'landfall.yaml', ...z.toJSONSchema(manifestSchema, { io: 'input', target: 'draft-2020-12' }) }
}
