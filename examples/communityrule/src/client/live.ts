interface News {
  type: 'hello' | 'published'
  release?: string
  rules: number
  rule?: { slug: string; title: string; summary: string }
}

/** Keeps the number of rules on the home page true, over restarts and releases of the server. */
export function watchLive(): void {
  const line = document.querySelector<HTMLElement>('[data-live]')
  if (!line) return
  let wait = 500

  function connect(): void {
    const socket = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/api/live`)
    socket.addEventListener('message', (event) => {
      wait = 500
      line!.classList.add('on')
      show(JSON.parse(String(event.data)) as News)
    })
    socket.addEventListener('close', () => {
      line!.classList.remove('on')
      // Not all browsers at the same moment.
      setTimeout(connect, wait * (0.5 + Math.random()))
      wait = Math.min(wait * 2, 15_000)
    })
  }
  connect()
}

function show({ release, rules, rule }: News): void {
  set('[data-live-count]', String(rules))
  set('[data-live-noun]', rules === 1 ? 'rule' : 'rules')
  if (release) set('[data-release]', release)
  if (!rule) return

  document.querySelector('[data-live-empty]')?.remove()
  const link = document.createElement('a')
  link.href = `/rules/${encodeURIComponent(rule.slug)}`
  link.textContent = rule.title
  const news = document.querySelector('[data-live-news]')
  news?.replaceChildren('Just published: ', link)

  const list = document.querySelector('[data-live-list]')
  const card = document.createElement('li')
  card.className = 'card rule fresh'
  const title = document.createElement('h3')
  const cover = document.createElement('a')
  cover.className = 'cover'
  cover.href = link.href
  cover.textContent = rule.title
  title.append(cover)
  const summary = document.createElement('p')
  summary.textContent = rule.summary
  card.append(title, summary)
  list?.prepend(card)
  while (list && list.children.length > 6) list.lastElementChild?.remove()
}

function set(selector: string, text: string): void {
  const element = document.querySelector(selector)
  if (element && element.textContent !== text) element.textContent = text
}
