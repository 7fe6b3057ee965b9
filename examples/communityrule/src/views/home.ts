import { html } from 'hono/html'
import type { Rule } from '../rules.ts'
import type { Services } from '../services.ts'
import type { Template } from '../templates.ts'
import { layout, type Markup } from './layout.ts'
import { glyph, ruleCard, templateCard } from './parts.ts'

const WALL = [
  'consensus',
  'circles',
  'elected-board',
  'petition',
  'do-ocracy',
  'solidarity-network',
  'jury',
  'federated-clusters',
  'liquid-democracy',
]

export function homePage(services: Services, rules: Rule[], count: number, templates: Template[]): Markup {
  const { assets } = services
  return layout(services, {
    title: 'CommunityRule',
    description: 'Write down how your community decides, and publish it on one page.',
    main: html`
<section class="hero wrap">
<div>
<h1>Decide together, on purpose.</h1>
<p class="lead">Every group has rules. The unwritten ones serve whoever knows them. Write down how yours decides, on one page that everybody can find.</p>
<p class="actions"><a class="button" href="/create">Create a rule</a> <a class="button quiet" href="/templates">Browse the templates</a></p>
<p class="live" data-live><span class="dot" aria-hidden="true"></span><span data-live-count>${count}</span> <span data-live-noun>${count === 1 ? 'rule' : 'rules'}</span> published here</p>
</div>
<div class="wall" aria-hidden="true">${WALL.map((slug) => glyph(assets, slug))}</div>
</section>
<section class="band">
<ol class="steps wrap">
<li><h2>Start from a pattern</h2><p>Consensus, circles, an elected board: templates that communities have lived with, or a blank page.</p></li>
<li><h2>Make it yours</h2><p>Six questions, from what you value to how the rule itself may change. Your draft waits for you in this browser.</p></li>
<li><h2>Publish the page</h2><p>Share its address, print it for the door, or take it along as a text file. It belongs to you.</p></li>
</ol>
</section>
<section class="wrap">
<div class="head"><h2>Published lately</h2>${count > rules.length ? html`<a href="/rules">All rules</a>` : ''}</div>
<p class="news" role="status" data-live-news></p>
<ul class="grid" data-live-list>${rules.map((rule) => ruleCard(assets, rule))}</ul>
${rules.length === 0 ? html`<p class="empty" data-live-empty>Nothing yet. The first one could be <a href="/create">yours</a>.</p>` : ''}
</section>
${
  templates.length > 0
    ? html`<section class="wrap">
<div class="head"><h2>Three ways to begin</h2><a href="/templates">All ${templates.length} templates</a></div>
<ul class="grid">${templates.slice(0, 3).map((template) => templateCard(assets, template, false))}</ul>
</section>`
    : ''
}`,
  })
}
