import { html } from 'hono/html'
import type { Assets } from '../assets.ts'
import { FACETS } from '../facets.ts'
import type { Rule } from '../rules.ts'
import type { Template } from '../templates.ts'
import type { Markup } from './layout.ts'

/** The little diagram of a template; one that has none shows the plain circle. */
export function glyph(assets: Assets, template: string | null): Markup {
  return html`<svg class="glyph" aria-hidden="true" viewBox="0 0 64 64"><use href="${assets.href('glyphs.svg')}#${template ?? 'blank'}"/></svg>`
}

export function templateCard(assets: Assets, template: Template, isRecommended: boolean): Markup {
  return html`<li class="card template">
${glyph(assets, template.slug)}
<h3>${template.title}</h3>
${isRecommended ? html`<p class="tag">Recommended</p>` : ''}
<p>${template.summary}</p>
${template.matches.facets.length > 0 ? html`<p class="fine">Suits you: ${template.matches.facets.map(facetLabel).join(', ')}</p>` : ''}
<form method="post" action="/create"><input type="hidden" name="template" value="${template.slug}"><button class="quiet">Start from ${template.title}</button></form>
</li>`
}

export function ruleCard(assets: Assets, rule: Rule): Markup {
  return html`<li class="card rule">
${glyph(assets, rule.template)}
<h3><a class="cover" href="/rules/${rule.slug}">${rule.title}</a></h3>
<p>${rule.summary}</p>
<p class="fine">${shortDate(rule.publishedAt)}</p>
</li>`
}

// Once: making one costs more than the rest of a page.
const DATE = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeZone: 'UTC' })
export function shortDate(date: Date): Markup {
  return html`<time datetime="${date.toISOString()}">${DATE.format(date)}</time>`
}

/** `size:few` as a person reads it. */
function facetLabel(facet: string): string {
  const [key, value = ''] = facet.split(':')
  const values: Record<string, string> = FACETS.find((each) => each.key === key)?.values ?? {}
  return values[value] ?? value
}
