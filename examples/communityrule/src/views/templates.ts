import { html } from 'hono/html'
import { type Answers, FACETS } from '../facets.ts'
import type { Services } from '../services.ts'
import { isRecommended, type Template } from '../templates.ts'
import { layout, type Markup } from './layout.ts'
import { templateCard } from './parts.ts'

export function templatesPage(services: Services, templates: Template[], answers: Answers): Markup {
  const recommended = templates.filter((template) => isRecommended(template, answers))
  const isAsked = Object.keys(answers).length > 0
  return layout(services, {
    title: 'Templates',
    description: 'Patterns for making decisions, to use as they are or to start from.',
    at: 'templates',
    main: html`
<section class="wrap intro">
<h1>Templates</h1>
<p class="lead">Patterns that communities have lived with. Take one as it is, or as a place to start.</p>
</section>
<section class="wrap">
${facetForm('/templates', answers)}
<p role="status" class="result">${isAsked ? outcome(recommended.length) : ''}</p>
${
  templates.length === 0
    ? html`<p class="empty">There are no templates here yet. You can still <a href="/create">start from a blank page</a>.</p>`
    : html`<h2 class="unseen">All templates</h2><ul class="grid">${templates.map((template) =>
        templateCard(services.assets, template, recommended.includes(template)),
      )}</ul>`
}
</section>`,
  })
}

function outcome(count: number): string {
  if (count === 0) return 'No template suits all of that. The closest come first.'
  return count === 1 ? 'One template suits you. It comes first.' : `${count} templates suit you. They come first.`
}

export function facetForm(action: string, answers: Answers): Markup {
  return html`<form class="facets" method="get" action="${action}">
<h2>What would suit us?</h2>
<div class="fields">${FACETS.map(
    ({ key, question, values }) => html`<label>${question}
<select name="facet.${key}"><option value="">Any</option>${Object.entries(values).map(
      ([value, label]) => html`<option value="${value}" ${answers[key] === value ? 'selected' : ''}>${label}</option>`,
    )}</select></label>`,
  )}</div>
<p class="actions"><button>Recommend</button>${Object.keys(answers).length > 0 ? html` <a href="${action}">Clear</a>` : ''}</p>
</form>`
}
