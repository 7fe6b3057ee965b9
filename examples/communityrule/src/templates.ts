import type { Database } from './database.ts'
import { type Answers, facetsOf } from './facets.ts'
import type { Sections } from './rule.ts'

export interface Template {
  slug: string
  title: string
  summary: string
  sections: Sections
  /** `size:few`, `orgType:openSource`, … */
  facets: string[]
  matches: { score: number; facets: string[] }
}

/** With answers, the best match first; without any, every score is 0 and the order is the seed's own. */
export async function listTemplates(db: Database, answers: Answers): Promise<Template[]> {
  const { rows } = await db.query<Omit<Template, 'matches'>>(
    `select slug, title, summary, sections,
            array(select facet || ':' || value from template_facets where template = slug order by 1) as facets
     from templates order by position`,
  )
  return rankTemplates(rows, answers)
}

export async function findTemplate(db: Database, slug: string): Promise<Template | undefined> {
  return (await listTemplates(db, {})).find((template) => template.slug === slug)
}

export function rankTemplates(templates: Omit<Template, 'matches'>[], answers: Answers): Template[] {
  const wanted = facetsOf(answers)
  return templates
    .map((template) => {
      const facets = wanted.filter((facet) => template.facets.includes(facet))
      return { ...template, matches: { score: facets.length, facets } }
    })
    .sort((a, b) => b.matches.score - a.matches.score)
}

/** It fits every answer; of three or more answers one may miss. */
export function isRecommended(template: Template, answers: Answers): boolean {
  const asked = Object.keys(answers).length
  return template.matches.score > 0 && template.matches.score >= (asked > 2 ? asked - 1 : asked)
}
