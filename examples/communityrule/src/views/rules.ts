import { html } from 'hono/html'
import { SECTIONS } from '../rule.ts'
import type { Rule } from '../rules.ts'
import type { Services } from '../services.ts'
import { layout, type Markup } from './layout.ts'
import { glyph, ruleCard, shortDate } from './parts.ts'
import { prose } from './text.ts'

export function rulesPage(services: Services, rules: Rule[], count: number, older: string | undefined): Markup {
  return layout(services, {
    title: 'Rules',
    description: 'How communities decide, in their own words.',
    at: 'rules',
    main: html`
<section class="wrap intro">
<h1>Rules</h1>
<p class="lead">How communities decide, in their own words. ${count === 1 ? 'One so far.' : `${count} so far.`}</p>
</section>
<section class="wrap">
${
  rules.length > 0
    ? html`<h2 class="unseen">Newest first</h2><ul class="grid">${rules.map((rule) => ruleCard(services.assets, rule))}</ul>`
    : html`<p class="empty">Nothing here. <a href="/create">Publish the first one</a>.</p>`
}
${older ? html`<p class="actions"><a class="button quiet" href="/rules?before=${older}">Older rules</a></p>` : ''}
</section>`,
  })
}

/** `templateTitle`: absent where the rule grew from a blank page, or its template is no more. */
export function rulePage(services: Services, rule: Rule, templateTitle: string | undefined): Markup {
  const answered = SECTIONS.filter(({ key }) => rule.sections[key] !== '')
  return layout(services, {
    title: rule.title,
    description: rule.summary,
    at: 'rules',
    main: html`
<article class="wrap paper">
<header>
${glyph(services.assets, rule.template)}
<h1>${rule.title}</h1>
${rule.summary ? html`<p class="lead">${rule.summary}</p>` : ''}
${rule.photo ? html`<img src="/uploads/${rule.photo}" alt="Picture of ${rule.title}" class="picture">` : ''}
<p class="fine">Published ${shortDate(rule.publishedAt)}${templateTitle ? html` · grown from ${templateTitle}` : ''}</p>
</header>
<nav class="contents" aria-label="In this rule"><ul>${answered.map(({ key, title }) => html`<li><a href="#${key}">${title}</a></li>`)}</ul></nav>
<div class="sections">${answered.map(({ key, title }) => html`<section id="${key}"><h2>${title}</h2>${prose(rule.sections[key])}</section>`)}</div>
<footer class="actions">
<button type="button" class="quiet" data-copy-address hidden>Copy the address</button>
<button type="button" class="quiet" data-print hidden>Print</button>
<a class="button quiet" href="/rules/${rule.slug}/markdown" download>Take it as text</a>
<form method="post" action="/create"><input type="hidden" name="rule" value="${rule.id}"><button class="quiet">Start our own from this</button></form>
</footer>
</article>`,
  })
}
