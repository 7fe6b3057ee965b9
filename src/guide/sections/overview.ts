import { code, heading, type Inline, joined, link, list, type Page, say, strong, table } from '../blocks.ts'
import type { GuideInput, Platform } from '../guide-input.ts'
import { inEnvironment } from '../in-environment.ts'

/** What the app is, where it can run, and where to read on. */
export function overviewPage(input: GuideInput, pages: Page[]): Page {
  const { app, platforms, environments, cite } = input
  const what = app.components.map((c): Inline => [code(c.name), ` (${c.type})`])
  const leans = app.resources.map((r): Inline => [code(r.name), ` (${r.type})`])
  return {
    name: 'overview',
    title: `${app.name}: deployment guide`,
    blocks: [
      ...(input.about === undefined ? [] : [say(input.about)]),
      say(
        strong(app.name),
        ' is made of ',
        ...joined(what, ', '),
        ...(leans.length > 0 ? ['; it leans on ', ...joined(leans, ', ')] : []),
        '. This guide is written from the manifest by ',
        code('landfall docs'),
        ': change the manifest, never these pages.',
      ),
      heading('In short', cite('app')),
      say('In the folder of ', code('landfall.yaml'), `, on the machine that ${app.name} runs on:`),
      { type: 'code', language: 'sh', text: shortRun(input).join('\n') },
      heading('Where it runs'),
      say('A path that nobody ran is called unproven, however complete its files are.'),
      table(
        ['Component', 'Landfall', ...platforms.map((p) => p.title)],
        app.components.map((c) => [
          [code(c.name), ` ${c.type}`],
          [c.type === 'artifact' ? 'built' : 'runs'],
          ...platforms.map((p): Inline => cell(p, c.name)),
        ]),
      ),
      ...(platforms.length > 0
        ? [
            table(
              ['Platform', 'Status', 'Last proof', 'Files'],
              platforms.map((p) => [
                [link(p.title, `platform-${p.name}`)],
                [p.proof ? 'proven' : 'written, unproven'],
                [p.proof ? `${p.proof.on}: ${p.proof.what}` : 'none'],
                filesOf(p),
              ]),
            ),
          ]
        : []),
      ...(environments.length > 0
        ? [
            heading('Environments', cite('environments')),
            table(
              ['Environment', 'Hosts', 'Protected', 'Differs in'],
              environments.map((e) => [
                [code(e.name)],
                joined(
                  [...new Set(e.routes.map((r) => r.host))].map((h): Inline => [code(h)]),
                  ', ',
                ),
                [e.isProtected ? `yes: changes want --yes=${app.name}` : 'no'],
                e.differs.length > 0 ? joined(e.differs.map(shortened), ', ') : ['nothing'],
              ]),
            ),
          ]
        : []),
      heading('Pages'),
      list(pages.map((p): Inline => [link(p.title, p.name)])),
    ],
  }
}

/** The first few: all of them stand on the platform's own page. */
function filesOf({ files }: Platform): Inline {
  const shown = joined(
    files.slice(0, 4).map((f): Inline => [code(f)]),
    ', ',
  )
  return files.length > 4 ? [...shown, ` and ${files.length - 4} more`] : shown
}

/** `resources.db: { url: … }`: its name, and what it says where that is short. */
function shortened(text: string): Inline {
  const at = text.indexOf(': ')
  if (at < 0) return [text]
  return text.length - at > 60 ? [code(text.slice(0, at))] : [code(text.slice(0, at)), text.slice(at)]
}

function cell(p: Platform, component: string): Inline {
  if (!p.carries.includes(component)) return ['no place']
  return [p.proof ? 'proven' : 'written']
}

function shortRun({ app }: GuideInput): string[] {
  const missing = app.contract.filter((e) => e.isRequired && !e.default && !e.generate && !e.source && !e.isKeptOut)
  const seeds = app.components.flatMap((c) => (c.tasks.seed ? [`run ${c.name}.seed`] : []))
  return ['check', ...missing.map((e) => `env set ${e.name}`), 'up', ...seeds, ...(app.checks.length > 0 ? ['smoke'] : [])].map(
    (command) => `landfall ${command}${inEnvironment(app)}`,
  )
}
