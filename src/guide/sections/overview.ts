import { code, heading, type Inline, joined, link, list, type Page, say, strong, table } from '../blocks.ts'
import type { GuideInput, Platform } from '../guide-input.ts'

/** What the app is, where it can run, and where to read on. */
export function overviewPage(input: GuideInput, pages: Page[]): Page {
  const { app, platforms, environments, cite } = input
  const what = app.components.map((c): Inline => [code(c.name), ` (${c.type})`])
  const leans = app.resources.map((r): Inline => [code(r.name), ` (${r.type})`])
  return {
    name: 'overview',
    title: `${app.name}: deployment guide`,
    blocks: [
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
      { type: 'code', language: 'sh', text: shortRun(input).join('\n') },
      heading('Where it runs'),
      say('A path that nobody ran is called unproven, however complete its files are.'),
      table(
        ['Component', 'Landfall', ...platforms.map((p) => p.title)],
        app.components.map((c) => [[code(c.name), ` ${c.type}`], ['runs'], ...platforms.map((p): Inline => cell(p, c.name))]),
      ),
      ...(platforms.length > 0
        ? [
            table(
              ['Platform', 'Status', 'Last proof', 'Files'],
              platforms.map((p) => [
                [link(p.title, `platform-${p.name}`)],
                [p.proof ? 'proven' : 'written, unproven'],
                [p.proof ? `${p.proof.on}: ${p.proof.what}` : 'none'],
                joined(
                  p.files.map((f): Inline => [code(f)]),
                  ', ',
                ),
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
                [e.differs.join(', ') || 'nothing'],
              ]),
            ),
          ]
        : []),
      heading('Pages'),
      list(pages.map((p): Inline => [link(p.title, p.name)])),
    ],
  }
}

function cell(p: Platform, component: string): Inline {
  if (!p.carries.includes(component)) return ['no place']
  return [p.proof ? 'proven' : 'written']
}

function shortRun({ app }: GuideInput): string[] {
  const missing = app.contract.filter((e) => e.isRequired && !e.default && !e.generate)
  const seeds = app.components.flatMap((c) => (c.tasks.seed ? [`landfall run ${c.name}.seed`] : []))
  return [
    'landfall check',
    ...missing.map((e) => `landfall env set ${e.name}`),
    'landfall up',
    ...seeds,
    ...(app.checks.length > 0 ? ['landfall smoke'] : []),
  ]
}
