/** Saves the draft while it is being written, and says so. The form itself still works without this. */
export function watchDraft(): void {
  const form = document.querySelector<HTMLFormElement>('[data-draft]')
  const state = form?.querySelector<HTMLElement>('[data-draft-state]')
  if (!form || !state) return
  let timer: number | undefined
  let saved = body(form)
  let isLeaving = false

  async function save(isLast = false): Promise<void> {
    clearTimeout(timer)
    const now = body(form!)
    if (now === saved || isLeaving) return
    try {
      const response = await fetch('/api/drafts/me', {
        method: 'PUT',
        headers: { 'content-type': 'application/json' },
        body: now,
        keepalive: isLast,
      })
      if (!response.ok) throw new Error(String(response.status))
      saved = now
      say('Draft saved')
    } catch {
      say('Not saved yet: trying again')
      timer = window.setTimeout(save, 3_000)
    }
  }
  function say(text: string): void {
    // Saying the same thing again and again would be read out again and again.
    if (state && state.textContent !== text) state.textContent = text
  }

  form.addEventListener('input', () => {
    clearTimeout(timer)
    timer = window.setTimeout(save, 600)
  })
  // What the form sends is newer than anything that would be saved here.
  form.addEventListener('submit', () => {
    clearTimeout(timer)
    isLeaving = true
  })
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'hidden') void save(true)
  })
  // Back from the page that came after, as it was.
  window.addEventListener('pageshow', (event) => {
    if (event.persisted) location.reload()
  })
}

function body(form: HTMLFormElement): string {
  const content: Record<string, string> = {}
  const sections: Record<string, string> = {}
  for (const [name, value] of new FormData(form)) {
    const section = name.startsWith('sections.') ? name.slice('sections.'.length) : undefined
    if (section) sections[section] = String(value)
    else content[name] = String(value)
  }
  return JSON.stringify({ ...content, sections })
}
