import { code, type Inline, type Page, say, table } from '../blocks.ts'
import type { Facts } from '../guide-input.ts'

/** What is different from the guide before this one. Stays as it is until something changes again. */
export function changesPage({ changes }: Facts): Page {
  const text = (value: string | undefined): Inline => (value === undefined ? ['–'] : [code(value)])
  return {
    name: 'changes',
    title: 'What changed since the last guide',
    blocks:
      changes.length === 0
        ? [say('This is the first guide, or nothing changed since.')]
        : [
            table(
              ['What', 'Before', 'Now'],
              changes.map((c): Inline[] => [[c.what], text(c.before), text(c.after)]),
            ),
          ],
  }
}
