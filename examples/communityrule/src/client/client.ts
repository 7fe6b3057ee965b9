import { watchDraft } from './draft.ts'
import { watchLive } from './live.ts'

watchLive()
watchDraft()

document.querySelector<HTMLElement>('[data-focus]')?.focus()

const copy = document.querySelector<HTMLButtonElement>('[data-copy-address]')
// The clipboard is there on secure pages only.
if (copy && navigator.clipboard) {
  copy.hidden = false
  copy.addEventListener('click', async () => {
    await navigator.clipboard.writeText(location.origin + location.pathname)
    copy.textContent = 'Copied'
    setTimeout(() => {
      copy.textContent = 'Copy the address'
    }, 2_000)
  })
}
const print = document.querySelector<HTMLButtonElement>('[data-print]')
if (print) {
  print.hidden = false
  print.addEventListener('click', () => window.print())
}
