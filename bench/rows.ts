/** What the app has of the titles that a load wrote: how many rows, and titles that are there more than once. */
export async function countWritten(url: string): Promise<{ rows: number; twice: string[]; titles: Set<string> }> {
  const titles = new Set<string>()
  const twice: string[] = []
  let rows = 0
  let before = ''
  for (;;) {
    const answer = await fetch(`${url}/api/rules${before && `?before=${before}`}`)
    const page = ((await answer.json()) as { rules: { id: string; title: string }[] }).rules
    for (const { title } of page.filter((rule) => rule.title.startsWith('load '))) {
      if (titles.has(title)) twice.push(title)
      titles.add(title)
      rows += 1
    }
    const last = page.at(-1)
    if (!last) return { rows, twice, titles }
    before = last.id
  }
}
