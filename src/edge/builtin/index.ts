import type { EdgeType } from '../../model/plug.ts'
import { connectEdge } from './client.ts'

const builtin: EdgeType = { name: 'builtin', connect: async (options) => connectEdge(options) }
export default builtin
