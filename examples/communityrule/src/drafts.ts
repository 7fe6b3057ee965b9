import { type Database, inTransaction } from './database.ts'
import type { RuleContent } from './rule.ts'
import { publishRule, type Rule } from './rules.ts'

export interface Draft {
  id: string
  template: string | null
  content: RuleContent
  updatedAt: Date
}

const COLUMNS = 'id, template, content, updated_at as "updatedAt"'

export async function startDraft(db: Database, content: RuleContent, template: string | null): Promise<Draft> {
  await db.query("delete from drafts where updated_at < now() - interval '30 days'")
  const { rows } = await db.query(`insert into drafts (template, content) values ($1, $2) returning ${COLUMNS}`, [
    template,
    content,
  ])
  return rows[0]
}

export async function findDraft(db: Database, id: string): Promise<Draft | undefined> {
  const { rows } = await db.query(`select ${COLUMNS} from drafts where id = $1`, [id])
  return rows[0]
}

export async function saveDraft(db: Database, id: string, content: RuleContent): Promise<Draft | undefined> {
  const { rows } = await db.query(`update drafts set content = $2, updated_at = now() where id = $1 returning ${COLUMNS}`, [
    id,
    content,
  ])
  return rows[0]
}

export async function dropDraft(db: Database, id: string): Promise<void> {
  await db.query('delete from drafts where id = $1', [id])
}

/** A draft becomes a rule once, however often the button is pressed. */
export async function publishDraft(db: Database, id: string, content: RuleContent): Promise<Rule | undefined> {
  return inTransaction(db, async (client) => {
    const { rows } = await client.query<{ template: string | null }>('delete from drafts where id = $1 returning template', [id])
    return rows[0] && publishRule(client, content, rows[0].template)
  })
}
