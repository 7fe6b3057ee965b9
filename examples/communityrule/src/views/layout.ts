import { html } from 'hono/html'
import type { Services } from '../services.ts'

/** Markup whose values were escaped; `html` makes it. */
export type Markup = ReturnType<typeof html>

export interface PageParts {
  title: string
  description?: string
  /** Which entry of the navigation this is. */
  at?: 'templates' | 'rules' | 'you' | 'create'
  main: Markup
}

export function layout(
  { assets, config }: Pick<Services, 'assets' | 'config'>,
  { title, description, at, main }: PageParts,
): Markup {
  const link = (name: PageParts['at'], href: string, text: string): Markup =>
    html`<a href="${href}" ${at === name ? html`aria-current="page"` : ''}>${text}</a>`
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title === 'CommunityRule' ? title : `${title} · CommunityRule`}</title>
${description ? html`<meta name="description" content="${description}">` : ''}
<link rel="icon" href="${assets.href('favicon.svg')}" type="image/svg+xml">
<link rel="stylesheet" href="${assets.href('style.css')}">
<script type="module" src="${assets.href('client.js')}"></script>
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
<header class="top">
<div class="wrap">
<a class="brand" href="/"><svg class="mark" aria-hidden="true" viewBox="0 0 32 32"><circle cx="11" cy="13" r="8"/><circle cx="21" cy="13" r="8"/><circle cx="16" cy="21" r="8"/></svg>CommunityRule</a>
<nav aria-label="Main">
${link('templates', '/templates', 'Templates')}
${link('rules', '/rules', 'Rules')}
${link('you', '/you', 'You')}
<a class="button small" href="/create" ${at === 'create' ? html`aria-current="page"` : ''}>Create a rule</a>
</nav>
</div>
</header>
<main id="main" tabindex="-1">${main}</main>
<footer class="bottom">
<div class="wrap">
<p>A small CommunityRule, after the <a href="https://communityrule.info">one by MEDLab</a>. Rules that people publish here are theirs.</p>
<p class="fine">${config.version ? html`Version ${config.version} · ` : ''}Release <span data-release>${config.release ?? 'local'}</span></p>
</div>
</footer>
</body>
</html>`
}
