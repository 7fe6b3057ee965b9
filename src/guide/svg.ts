import { Graph as Layout, layout } from '@dagrejs/dagre'
import { escapeText as escapeHtml } from '../lib/escape-text.ts'
import type { Graph, Node } from './graph.ts'

const CHAR = 7.2
const SMALL = 6.2
const HEIGHT = 52

/** A drawing that stands alone: both colour schemes, no script, text as text. The same graph gives the same bytes. */
export function toSvg(graph: Graph, about: string): string {
  const g = new Layout()
  g.setGraph({ rankdir: 'LR', nodesep: 22, ranksep: 60, marginx: 12, marginy: 12 })
  g.setDefaultEdgeLabel(() => ({}))
  for (const n of graph.nodes) g.setNode(n.id, { width: widthOf(n), height: HEIGHT })
  for (const e of graph.edges) {
    g.setEdge(e.from, e.to, e.label ? { width: e.label.length * SMALL + 12, height: 16, labelpos: 'c' } : {})
  }
  layout(g)
  const { width = 0, height = 0 } = g.graph()
  const lines = graph.edges.map((e) => {
    const { points = [], x, y } = g.edge(e.from, e.to) as { points?: Point[]; x?: number; y?: number }
    const label =
      e.label && x !== undefined && y !== undefined
        ? `<rect class="plate" x="${r(x - (e.label.length * SMALL) / 2 - 4)}" y="${r(y - 9)}" width="${r(e.label.length * SMALL + 8)}" height="18" rx="4"/><text class="small" x="${r(x)}" y="${r(y + 4)}" text-anchor="middle">${escapeHtml(e.label)}</text>`
        : ''
    return `<path class="line" d="${curve(points)}" marker-end="url(#tip)"/>${label}`
  })
  const boxes = graph.nodes.map((n) => box(n, g.node(n.id) as Box))
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${r(width)} ${r(height)}" width="${r(width)}" height="${r(height)}" role="img" aria-label="${escapeHtml(about)}">
<title>${escapeHtml(about)}</title>
<style>${STYLE}</style>
<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path class="tip" d="M0 0 8 4 0 8z"/></marker></defs>
${[...lines, ...boxes].join('\n')}
</svg>
`
}

interface Point {
  x: number
  y: number
}
interface Box extends Point {
  width: number
  height: number
}

function box(n: Node, { x, y, width, height }: Box): string {
  const left = r(x - width / 2)
  const top = r(y - height / 2)
  const shape =
    n.type === 'resource'
      ? `<path class="box ${n.type}" d="${drum(x - width / 2, y - height / 2, width, height)}"/>`
      : `<rect class="box ${n.type}" x="${left}" y="${top}" width="${r(width)}" height="${r(height)}" rx="${n.type === 'world' ? 26 : 8}"/>`
  return `${shape}<text class="name" x="${r(x)}" y="${r(y - 2)}" text-anchor="middle">${escapeHtml(n.title)}</text><text class="small" x="${r(x)}" y="${r(y + 15)}" text-anchor="middle">${escapeHtml(n.note)}</text>`
}

/** The usual sign of a store. */
function drum(x: number, y: number, w: number, h: number): string {
  const e = 6
  return `M${r(x)} ${r(y + e)}a${r(w / 2)} ${e} 0 0 1 ${r(w)} 0v${r(h - 2 * e)}a${r(w / 2)} ${e} 0 0 1 ${r(-w)} 0zM${r(x)} ${r(y + e)}a${r(w / 2)} ${e} 0 0 0 ${r(w)} 0`
}

function curve(points: Point[]): string {
  const [first, ...rest] = points
  if (!first) return ''
  const last = rest.at(-1)
  const middle = rest.slice(0, -1)
  const soft = middle.map((p, i) => {
    const next = middle[i + 1] ?? last ?? p
    return `Q${r(p.x)} ${r(p.y)} ${r((p.x + next.x) / 2)} ${r((p.y + next.y) / 2)}`
  })
  return `M${r(first.x)} ${r(first.y)}${soft.join('')}${last ? `L${r(last.x)} ${r(last.y)}` : ''}`
}

function widthOf(n: Node): number {
  return Math.max(84, n.title.length * CHAR + 28, n.note.length * SMALL + 28)
}

const r = (n: number): number => Math.round(n * 10) / 10

const STYLE = `text{font:14px system-ui,sans-serif;fill:#1b2026}.name{font-weight:600}.small{font-size:11.5px;fill:#5b6672}.line{fill:none;stroke:#8a96a3;stroke-width:1.4}.tip{fill:#8a96a3}.plate{fill:#fff;opacity:.9}.box{stroke:#8a96a3;stroke-width:1.2;fill:#f5f7f9}.edge{fill:#e7f0fa;stroke:#4d8fd1}.web{fill:#eaf6ec;stroke:#4d9a5c}.worker{fill:#f6f1e4;stroke:#b0913f}.static{fill:#f1ecf8;stroke:#8a6abf}.resource{fill:#fdeeea;stroke:#c4745c}@media(prefers-color-scheme:dark){text{fill:#e6eaee}.small{fill:#a9b4bf}.plate{fill:#14181c}.box{fill:#1c2228}.edge{fill:#1b2f45}.web{fill:#1d3323}.worker{fill:#372f19}.static{fill:#2c2440}.resource{fill:#3d251e}}`
