import type { Graph, Node } from './graph.ts'

/** The drawing as text, for hosts that draw Mermaid themselves. */
export function toMermaid({ nodes, edges }: Graph): string {
  const ids = new Map(nodes.map((n, i) => [n.id, `n${i}`]))
  const lines = nodes.map((n) => `  ${ids.get(n.id)}${shape(n)}`)
  const arrows = edges.map((e) => `  ${ids.get(e.from)} -->${e.label ? `|"${escapeMermaid(e.label)}"|` : ''} ${ids.get(e.to)}`)
  return ['flowchart LR', ...lines, ...arrows].join('\n')
}

function shape(node: Node): string {
  const text = `"${escapeMermaid(node.title)}<br/>${escapeMermaid(node.note)}"`
  switch (node.type) {
    case 'resource':
      return `[(${text})]`
    case 'world':
    case 'outside':
      return `([${text}])`
    default:
      return `[${text}]`
  }
}

function escapeMermaid(text: string): string {
  return text.replace(/["<>&#;[\]{}|`]/g, (c) => `#${c.codePointAt(0)};`)
}
