import { stringify } from 'yaml'
import type { Guess, GuessedComponent, GuessedVariable } from './guess-types.ts'

/** A guess as a manifest for people: each part with a comment that says where it comes from. */
export function manifestText(guess: Guess): string {
  const { components, resources, variables, routes } = guess
  const top = variables.filter((v) => v.component === undefined)
  const sections = [
    [
      '# What this app is made of, and how it is released. `landfall check` looks at it, `landfall schema` names every key.',
      `app: ${guess.app}`,
    ],
    ['components:', ...components.flatMap((c) => componentLines(c, variables).map((l) => `  ${l}`))],
    resources.length === 0
      ? []
      : [
          'resources:',
          ...resources.flatMap((r) =>
            [comment(r.because), `${r.name}: ${flow({ type: r.type, ...r.options })}`].map((l) => `  ${l}`),
          ),
        ],
    top.length === 0
      ? []
      : [
          '# Every variable that the app reads. Secrets are set with `landfall env set`, never here.',
          'env:',
          ...top.flatMap((v) => variableLines(v).map((l) => `  ${l}`)),
        ],
    routes.length === 0
      ? []
      : [
          '# The names that the world uses: replace them by your own. On this machine they get ports of their own.',
          'routes:',
          ...routes.map((r) => `  - ${flow(r)}`),
        ],
    ...checkLines(guess),
    [
      '# Other environments have data, values and hosts of their own.',
      '# environments:',
      ...(routes[0]
        ? [`#   staging: { hosts: { ${routes.at(-1)?.host}: staging.${routes.at(-1)?.host} } }`]
        : ['#   staging: {}']),
      '#   production: { protect: true }',
    ],
  ]
  return `${sections
    .filter((s) => s.length > 0)
    .map((s) => s.join('\n'))
    .join('\n\n')}\n`
}

function componentLines(component: GuessedComponent, variables: GuessedVariable[]): string[] {
  const { name, type, folder, run, output, port, health, release, seed, mounts, spa } = component
  const own = variables.filter((v) => v.component === name)
  const lines = [`type: ${type}`]
  if (folder !== '.') lines.push(`source: ${flow(folder)}`)
  const build = {
    ...(component.builder === 'python' || component.builder === 'node' ? { type: component.builder } : {}),
    ...(output !== undefined && { output }),
  }
  if (Object.keys(build).length > 0) lines.push(`build: ${flow(build)}`)
  if (run) lines.push(`run: ${commandText(run)}`)
  if (port !== undefined) lines.push(`port: ${port}`)
  if (health !== undefined) lines.push(`health: ${flow(health)}`)
  else if (type === 'web')
    lines.push(
      '# No health check was found: GET / below 500 counts as healthy. A path that looks at the database says more:',
      '# health: /health',
    )
  if (release.length > 0) {
    lines.push('# Once per release, with the new code, before it has requests.', 'release:')
    for (const { run: command, check, because } of release) {
      const step = check ? `{ check: ${commandText(check, true)}, else: ${commandText(command, true)} }` : commandText(command)
      lines.push(`  ${comment(because)}`, `  - ${step}`)
    }
  }
  if (seed) lines.push(`# On demand: landfall run ${name}.seed`, `seed: ${commandText(seed)}`)
  if (Object.keys(mounts).length > 0) lines.push(`mounts: ${flow(mounts)}`)
  if (spa) lines.push('serve: { spa: true }')
  if (own.length > 0) lines.push('env:', ...own.flatMap((v) => variableLines(v).map((l) => `  ${l}`)))
  return [...component.because.map(comment), `${name}:`, ...lines.map((l) => `  ${l}`)]
}

/** As a line where that reads back as the same words, else as a list. */
export function commandText(words: string[], isInside = false): string {
  const isPlain =
    words.every((w) => /^[\w./@:=+,%-]+$|^[\w./:=-]*\$\{[A-Z]+\}$/.test(w)) && !/^[A-Za-z_]\w*=/.test(words[0] ?? '')
  if (!isPlain) return flow(words)
  const line = words.join(' ')
  return isInside ? flow({ x: line }).slice(5, -2) : flow(line)
}

function variableLines({ name, value, because }: GuessedVariable): string[] {
  return [...(because ? [comment(because)] : []), `${name}: ${flow(value)}`]
}

function checkLines({ routes, components }: Guess): string[][] {
  const checks = routes.flatMap(({ host, path, to }) => {
    const component = components.find((c) => c.name === to)
    const isFront = routes.at(-1)?.host === host
    if (component?.type !== 'static' || path !== undefined) return []
    return [`  - ${flow({ name: `${to} is there`, get: '/', ...(!isFront && { host }) })}`]
  })
  return checks.length === 0
    ? []
    : [['# Asked on the new release before it has requests; a failed one ends it.', 'checks:', ...checks]]
}

function comment(text: string): string {
  const line = text.replace(/[\p{C}\p{Zl}\p{Zp}]+/gu, ' ')
  return `# ${line.length > 160 ? `${line.slice(0, 159)}…` : line}`
}

/** One value on one line. */
function flow(value: unknown): string {
  return stringify(value, {
    collectionStyle: 'flow',
    lineWidth: 0,
    defaultStringType: 'PLAIN',
    doubleQuotedMinMultiLineLength: 1e9,
    blockQuote: false,
  }).trim()
}
