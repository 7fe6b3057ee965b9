import type { Page } from './blocks.ts'
import { compareFacts, factsOf } from './facts.ts'
import { graphOf } from './graph.ts'
import type { GuideInput } from './guide-input.ts'
import { toHtml } from './html.ts'
import { toMarkdown } from './markdown.ts'
import { changesPage } from './sections/changes.ts'
import { dataPage } from './sections/data.ts'
import { deploymentPage } from './sections/deployment.ts'
import { environmentPage } from './sections/environment.ts'
import { overviewPage } from './sections/overview.ts'
import { platformPages } from './sections/platforms.ts'
import { releasePage } from './sections/release.ts'
import { smokePage } from './sections/smoke.ts'
import { troublesPage } from './sections/troubles.ts'
import { toSvg } from './svg.ts'

/** Texts by file name, for one folder: pages as Markdown, the same as one HTML file, drawings, and the facts. `up` leads from that folder to the manifest's. */
export function writeGuide(input: GuideInput, up: string): Record<string, string> {
  const facts = compareFacts(factsOf(input), input.before)
  const pages: Page[] = [
    deploymentPage(input),
    environmentPage(input),
    releasePage(input),
    smokePage(input),
    dataPage(input),
    troublesPage(input),
    ...platformPages(input),
    changesPage(facts),
  ]
  const all = [overviewPage(input, pages), ...pages]
  const graph = graphOf(input.app)
  const drawings = { 'level-1': toSvg(graph, aboutDrawing(input)) }
  const files: Record<string, string> = {}
  for (const page of all) files[`${page.name === 'overview' ? 'README' : page.name}.md`] = toMarkdown(page, up)
  for (const [name, text] of Object.entries(drawings)) files[`${name}.svg`] = text
  files['index.html'] = toHtml(input.app.name, all, drawings, up)
  files['facts.json'] = `${JSON.stringify(facts, undefined, 2)}\n`
  return files
}

export function aboutDrawing({ app }: GuideInput): string {
  const count = (n: number, what: string) => `${n} ${what}${n === 1 ? '' : 's'}`
  return `${app.name}: users reach ${count(app.components.filter((c) => c.type !== 'artifact').length, 'component')} through the edge; they lean on ${count(app.resources.length, 'resource')}`
}
