import { html } from 'hono/html'

export interface Page {
  title: string
  who?: string | undefined
  messages?: string[]
}
type Html = ReturnType<typeof html>

export function layout({ title, who, messages = [] }: Page, body: Html): Html {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width" />
        <title>${title} | Notechondria administration</title>
        <link rel="stylesheet" href="/static/admin/css/base.css" />
        ${who ? '' : html`<link rel="stylesheet" href="/static/admin/css/login.css" />`}
      </head>
      <body>
        <header>
          <a href="/admin/">Notechondria administration</a>
          ${who ? html`<form method="post" action="/admin/logout/"><span>${who}</span> <button>Log out</button></form>` : ''}
        </header>
        <main>
          ${messages.map((text) => html`<p role="status" class="message">${text}</p>`)}
          <h1>${title}</h1>
          ${body}
        </main>
      </body>
    </html>`
}

export function loginForm(problem = ''): Html {
  return layout(
    { title: 'Log in' },
    html`<form method="post" action="/admin/login/" class="login">
      ${problem ? html`<p role="alert">${problem}</p>` : ''}
      <label>Username <input name="username" autocomplete="username" required autofocus /></label>
      <label>Password <input name="password" type="password" autocomplete="current-password" required /></label>
      <button>Log in</button>
    </form>`,
  )
}

export function table(rows: Record<string, unknown>[]): Html {
  const columns = Object.keys(rows[0] ?? {})
  if (columns.length === 0) return html`<p>There is nothing yet.</p>`
  const text = (value: unknown) =>
    value instanceof Date ? value.toISOString().slice(0, 16).replace('T', ' ') : String(value ?? '–')
  return html`<div class="scroll">
    <table>
      <thead>
        <tr>
          ${columns.map((name) => html`<th scope="col">${name}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map((row) => html`<tr>${columns.map((name) => html`<td>${text(row[name])}</td>`)}</tr>`)}
      </tbody>
    </table>
  </div>`
}
