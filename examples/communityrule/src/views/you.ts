import { html } from 'hono/html'
import type { Draft } from '../drafts.ts'
import type { Person } from '../people.ts'
import type { Services } from '../services.ts'
import { layout, type Markup } from './layout.ts'

export function signInPage(services: Services): Markup {
  return layout(services, {
    title: 'Sign in',
    at: 'you',
    main: html`<section class="wrap alone">
<h1>Sign in</h1>
<p class="lead">You get a link by mail; there is no password. Your draft is then yours on every device.</p>
<form method="post" action="/sign-in" class="small-form">
<div class="field"><label for="email">Your e-mail address</label>
<input id="email" name="email" type="email" autocomplete="email" required maxlength="254"></div>
<p class="actions"><button>Send me a link</button></p>
</form></section>`,
  })
}

export function linkSentPage(services: Services, email: string): Markup {
  return layout(services, {
    title: 'Look into your mail',
    at: 'you',
    main: html`<section class="wrap alone"><h1>Look into your mail</h1>
<p class="lead">A link is on its way to ${email}. It works once, for 15 minutes.</p></section>`,
  })
}

export function youPage(services: Services, { email }: Person, draft: Draft | undefined): Markup {
  return layout(services, {
    title: 'You',
    at: 'you',
    main: html`<section class="wrap alone">
<h1>Welcome</h1>
<p class="lead">You are signed in as <strong>${email}</strong>.</p>
<p>${
      draft
        ? html`Your draft: <a href="/create/edit">${draft.content.title || 'without a name yet'}</a>.`
        : html`You have no draft. <a href="/create">Begin one</a>.`
    }</p>
<form method="post" action="/sign-out"><p class="actions"><button class="quiet">Sign out</button></p></form>
</section>`,
  })
}
