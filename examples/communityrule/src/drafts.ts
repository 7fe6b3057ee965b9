import { type Database, inTransaction } from './database.ts'
import type { RuleContent } from './rule.ts'
import { publishRule, type Rule } from './rules.ts'

export interface Draft {
  id: string
  template: string | null
  /** Id of an upload. */
  photo: string | null
  content: RuleContent
  updatedAt: Date
}

const COLUMNS = 'id, template, photo, content, updated_at as "updatedAt"'

/** The draft of whoever asks: a person has one on every device, a browser without one its own. */
export async function findDraftId(db: Database, who: { person?: string; cookie?: string }): Promise<string | undefined> {
  const { rows } = await db.query<{ id: string }>(
    'select id from drafts where owner = $1 or (id = $2 and owner is null) order by owner nulls last limit 1',
    [who.person ?? null, who.cookie ?? null],
  )
  return rows[0]?.id
}

export async function startDraft(
  db: Database,
  content: RuleContent,
  template: string | null,
  owner: string | null = null,
): Promise<Draft> {
  await db.query("delete from drafts where owner is null and updated_at < now() - interval '30 days'")
  const { rows } = await db.query(`insert into drafts (template, content, owner) values ($1, $2, $3) returning ${COLUMNS}`, [
    template,
    content,
    owner,
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

export async function setPhoto(db: Database, id: string, photo: string): Promise<void> {
  await db.query('update drafts set photo = $2, updated_at = now() where id = $1', [id, photo])
}

export async function dropDraft(db: Database, id: string): Promise<void> {
  await db.query('delete from drafts where id = $1', [id])
}

/** A draft becomes a rule once, however often the button is pressed. */
export async function publishDraft(db: Database, id: string, content: RuleContent): Promise<Rule | undefined> {
  return inTransaction(db, async (client) => {
    const { rows } = await client.query<{ template: string | null; photo: string | null }>(
      'delete from drafts where id = $1 returning template, photo',
      [id],
    )
    return rows[0] && publishRule(client, content, rows[0].template, rows[0].photo)
  })
}
