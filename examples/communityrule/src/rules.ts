import { randomBytes } from 'node:crypto'
import type { ClientBase } from 'pg'
import type { Database } from './database.ts'
import { isId, type RuleContent, slugOf } from './rule.ts'

export interface Rule extends RuleContent {
  id: string
  slug: string
  /** Slug of the template it grew from. */
  template: string | null
  /** Id of an upload. */
  photo: string | null
  publishedAt: Date
}
type Queries = Pick<Database, 'query'> | ClientBase

const COLUMNS = 'id, slug, title, summary, template, sections, photo, published_at as "publishedAt"'

/** Newest first. `before`: the id of the last rule of the page before. */
export async function listRules(db: Queries, options: { limit: number; before?: string }): Promise<Rule[]> {
  const { limit, before } = options
  const { rows } = before
    ? await db.query(
        `select ${COLUMNS} from rules where (published_at, id) < (select published_at, id from rules where id = $2)
         order by published_at desc, id desc limit $1`,
        [limit, before],
      )
    : await db.query(`select ${COLUMNS} from rules order by published_at desc, id desc limit $1`, [limit])
  return rows
}

export async function countRules(db: Queries): Promise<number> {
  const { rows } = await db.query<{ count: number }>('select count(*)::int as count from rules')
  return rows[0]?.count ?? 0
}

export async function findRule(db: Queries, idOrSlug: string): Promise<Rule | undefined> {
  const column = isId(idOrSlug) ? 'id' : 'slug'
  const { rows } = await db.query(`select ${COLUMNS} from rules where ${column} = $1`, [idOrSlug])
  return rows[0]
}

export async function publishRule(
  db: Queries,
  content: RuleContent,
  template: string | null,
  photo: string | null = null,
): Promise<Rule> {
  const slug = slugOf(content.title)
  // The first of a name gets the plain one; five random bytes do not collide twice.
  for (const candidate of [slug, `${slug}-${randomBytes(5).toString('hex')}`]) {
    const { rows } = await db.query<Rule>(
      `insert into rules (slug, title, summary, template, sections, photo) values ($1, $2, $3, $4, $5, $6)
       on conflict (slug) do nothing returning ${COLUMNS}`,
      [candidate, content.title, content.summary, template, content.sections, photo],
    )
    if (rows[0]) return rows[0]
  }
  throw new Error(`no free address for ${slug}`)
}
