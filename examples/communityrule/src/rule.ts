import * as z from 'zod'

/** What every rule answers. The keys are in the database and in the seed: they stay. */
export const SECTIONS = [
  { key: 'values', title: 'Values', question: 'What does this community hold dear?' },
  { key: 'communication', title: 'Communication', question: 'Where do people talk, and where is it written down?' },
  { key: 'membership', title: 'Membership', question: 'Who belongs, how does somebody join, how do they leave?' },
  { key: 'decisions', title: 'Decisions', question: 'Who decides what, and how?' },
  { key: 'conflict', title: 'Conflict', question: 'What happens when people disagree, or get hurt?' },
  { key: 'change', title: 'Changing this rule', question: 'How can the rule itself be changed?' },
] as const

export type SectionKey = (typeof SECTIONS)[number]['key']
export type Sections = Record<SectionKey, string>
export interface RuleContent {
  title: string
  summary: string
  sections: Sections
}
/** Findings by field: `title`, `summary`, `sections.values`. */
export type FieldErrors = Record<string, string>

const text = (max: number) =>
  z
    .string()
    // PostgreSQL cannot store NUL, and browsers send CRLF.
    .transform((value) => value.replaceAll('\u0000', '').replaceAll('\r\n', '\n').trim())
    .pipe(z.string().max(max, `at most ${max} characters, please`))
const section = text(5_000).default('')
const sections = z.strictObject({
  values: section,
  communication: section,
  membership: section,
  decisions: section,
  conflict: section,
  change: section,
})

/** Half-written is fine, endless is not. */
export const draftContent = z.strictObject({
  title: text(120).default(''),
  summary: text(280).default(''),
  sections: sections.prefault({}),
})
export const ruleContent = draftContent.extend({
  title: text(120).pipe(z.string().min(3, 'a name of three characters or more, please')),
  sections: sections.refine(
    (all) => Object.values(all).some((value) => value.length > 0),
    'answer one question at least, please',
  ),
})
/** What `POST /api/rules` takes. */
export const newRule = ruleContent.extend({
  template: z
    .string()
    .regex(/^[a-z0-9-]{1,60}$/, 'the slug of a template')
    .optional(),
})

export function fieldErrors(error: z.ZodError): FieldErrors {
  const errors: FieldErrors = {}
  for (const issue of error.issues) errors[issue.path.join('.') || 'rule'] ??= issue.message
  return errors
}

export const emptyContent: RuleContent = draftContent.parse({})

/** `Maple Street Garden!` becomes `maple-street-garden`; never empty, never a UUID. */
export function slugOf(title: string): string {
  const slug = title
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, 60)
    .replace(/-+$/, '')
  return slug === '' || isId(slug) ? `rule-${slug.slice(0, 8)}`.replace(/-$/, '') : slug
}

export function isId(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text)
}
