// While something is being made, the gallery is asked for again. Cards that did not change stay, so that no video starts anew.
const find = (root) => root.querySelector('[data-gallery]')

async function look() {
  const answer = await fetch('/videos?part=gallery').catch(() => undefined)
  if (answer?.redirected) return location.reload()
  if (answer?.ok) show(find(new DOMParser().parseFromString(await answer.text(), 'text/html')))
  wait()
}

function show(fresh) {
  const shown = find(document)
  if (fresh.innerHTML === shown.innerHTML) return
  const cards = new Map([...shown.querySelectorAll('li')].map((card) => [card.outerHTML, card]))
  for (const card of fresh.querySelectorAll('li')) {
    const same = cards.get(card.outerHTML)
    if (same) card.replaceWith(same)
  }
  shown.replaceWith(fresh)
}

function wait() {
  if (find(document).dataset.state === 'waiting') setTimeout(look, 1500)
}
wait()
