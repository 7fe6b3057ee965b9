import { readFileSync } from 'node:fs'
import * as z from 'zod'
import { type Database, inTransaction } from './database.ts'
import { FACETS } from './facets.ts'
import { ruleContent } from './rule.ts'

const facets = z.strictObject(
  Object.fromEntries(FACETS.map(({ key, values }) => [key, z.array(z.enum(Object.keys(values))).min(1)])),
)
const seed = z.array(
  ruleContent.extend({
    slug: z.string().regex(/^[a-z][a-z0-9-]*$/),
    facets,
  }),
)
export type Seed = z.infer<typeof seed>

/** The templates of a `templates.json`; throws with every place that is wrong. */
export function readSeed(file: URL): Seed {
  const read = seed.safeParse(JSON.parse(readFileSync(file, 'utf8')))
  if (!read.success) throw new Error(z.prettifyError(read.error))
  return read.data
}

/** Afterwards the tables say what the seed says, whatever they said before. Rules and drafts are left alone. */
export async function writeSeed(db: Database, templates: Seed): Promise<{ templates: number; facets: number }> {
  const rows = templates.flatMap(({ slug, facets }) =>
    Object.entries(facets).flatMap(([facet, values]) => values.map((value) => ({ template: slug, facet, value }))),
  )
  await inTransaction(db, async (client) => {
    // Two at once wait for one another; readers go on reading.
    await client.query('lock table templates in share row exclusive mode')
    await client.query('delete from templates where slug <> all ($1)', [templates.map(({ slug }) => slug)])
    await client.query(
      `insert into templates (slug, position, title, summary, sections)
       select slug, position, title, summary, sections
       from jsonb_to_recordset($1) as t (slug text, position integer, title text, summary text, sections jsonb)
       on conflict (slug) do update set
         position = excluded.position, title = excluded.title, summary = excluded.summary, sections = excluded.sections`,
      [
        JSON.stringify(
          templates.map(({ slug, title, summary, sections }, position) => ({ slug, position, title, summary, sections })),
        ),
      ],
    )
    await client.query('delete from template_facets')
    await client.query(
      `insert into template_facets (template, facet, value)
       select template, facet, value from jsonb_to_recordset($1) as f (template text, facet text, value text)`,
      [JSON.stringify(rows)],
    )
  })
  return { templates: templates.length, facets: rows.length }
}
