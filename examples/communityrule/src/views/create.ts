import { html } from 'hono/html'
import type { Draft } from '../drafts.ts'
import type { Answers } from '../facets.ts'
import { type FieldErrors, type RuleContent, SECTIONS } from '../rule.ts'
import type { Services } from '../services.ts'
import { isRecommended, type Template } from '../templates.ts'
import { layout, type Markup } from './layout.ts'
import { glyph, templateCard } from './parts.ts'
import { facetForm } from './templates.ts'

export function choosePage(services: Services, templates: Template[], answers: Answers, draft: Draft | undefined): Markup {
  return layout(services, {
    title: 'Create a rule',
    at: 'create',
    main: html`
<section class="wrap intro">
<h1>Where do you want to start?</h1>
${
  draft
    ? html`<p class="notice">You have a draft: <a href="/create/edit">${draft.content.title || 'without a name yet'}</a>. Starting another one replaces it.</p>`
    : ''
}
<p class="lead">Whatever you take, every word can be changed.</p>
</section>
<section class="wrap">
${templates.length > 0 ? facetForm('/create', answers) : ''}
<h2 class="unseen">Starting points</h2>
<ul class="grid">
<li class="card template">${glyph(services.assets, null)}<h3>A blank page</h3><p>Six questions and nothing filled in.</p>
<form method="post" action="/create"><button class="quiet">Start from a blank page</button></form></li>
${templates.map((template) => templateCard(services.assets, template, isRecommended(template, answers)))}
</ul>
</section>`,
  })
}

export interface EditState {
  content: RuleContent
  templateTitle?: string
  errors: FieldErrors
  isSaved: boolean
  /** Id of an upload. */
  photo: string | null
  isSignedIn: boolean
}

export function editPage(services: Services, { content, templateTitle, errors, isSaved, photo, isSignedIn }: EditState): Markup {
  const wrong = Object.entries(errors)
  // Shows what is wrong at its field, and ties the two together for those who do not see them side by side.
  const hint = (field: string): Markup | string =>
    errors[field] ? html`<span class="error" id="error-${field}">${sentence(errors[field])}</span>` : ''
  const marks = (field: string): Markup | string =>
    errors[field] ? html`aria-invalid="true" aria-describedby="error-${field}"` : ''
  return layout(services, {
    title: content.title || 'Your draft',
    at: 'create',
    main: html`
<section class="wrap intro">
<h1>Your rule</h1>
<p class="lead">${templateTitle ? `You started from ${templateTitle}. Change whatever is not you.` : 'Answer what you can; leave out what does not matter to you.'}</p>
</section>
<div class="wrap editor">
<nav class="contents" aria-label="In your rule"><ul><li><a href="#title">Name</a></li>${SECTIONS.map(({ key, title }) => html`<li><a href="#sections.${key}">${title}</a></li>`)}</ul></nav>
<form method="post" action="/create/edit" data-draft>
${
  wrong.length > 0
    ? html`<div class="problems" role="alert" tabindex="-1" data-focus><h2>Not quite there</h2><ul>${wrong.map(
        ([field, message]) =>
          html`<li><a href="#${field === 'sections' ? 'sections.values' : field}">${sentence(message)}</a></li>`,
      )}</ul></div>`
    : ''
}
<div class="field">
<label for="title">What is your community called?</label>
<input id="title" name="title" value="${content.title}" maxlength="120" autocomplete="off" placeholder="Maple Street Garden" required minlength="3" ${marks('title')}>
${hint('title')}
</div>
<div class="field">
<label for="summary">In one sentence, who are you? <span class="fine">Optional</span></label>
<input id="summary" name="summary" value="${content.summary}" maxlength="280" autocomplete="off" placeholder="Forty neighbors who share a garden and what grows in it." ${marks('summary')}>
${hint('summary')}
</div>
${SECTIONS.map(
  ({ key, title, question }) => html`<div class="field">
<label for="sections.${key}"><span class="kicker">${title}</span>${question}</label>
<textarea id="sections.${key}" name="sections.${key}" rows="4" maxlength="5000" ${marks(`sections.${key}`)}>
${content.sections[key]}</textarea>
${hint(`sections.${key}`)}
</div>`,
)}
<div class="bar">
<p role="status" data-draft-state>${isSaved ? 'Draft saved' : isSignedIn ? 'Kept for you' : 'Kept for 30 days, for this browser only'}</p>
<button name="intent" value="discard" class="bare" formnovalidate>Discard</button>
<button name="intent" value="save" class="quiet" formnovalidate>Save draft</button>
<button name="intent" value="publish">Publish</button>
</div>
</form>
</div>
<section class="wrap">${photoForm(photo, isSignedIn)}</section>`,
  })
}

/** A form of its own: a file is sent when it is chosen, and not with every word that is typed. */
function photoForm(photo: string | null, isSignedIn: boolean): Markup {
  return html`<form method="post" action="/create/photo" enctype="multipart/form-data" class="photo">
<h2>A picture of your community</h2>
${photo ? html`<img src="/uploads/${photo}" alt="The picture that you chose" class="picture">` : ''}
${
  isSignedIn
    ? html`<div class="field"><label for="file">${photo ? 'Another one' : 'Choose a picture'} <span class="fine">PNG, JPEG, GIF or WebP, up to 5 MB</span></label>
<input id="file" name="file" type="file" accept="image/png,image/jpeg,image/gif,image/webp" required></div>
<p class="actions"><button class="quiet">Upload the picture</button></p>`
    : html`<p><a href="/you">Sign in</a> to add one.</p>`
}
</form>`
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`
}
