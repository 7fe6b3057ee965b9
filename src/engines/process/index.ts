import type { EngineType } from '../../model/plug.ts'
import { openEngine } from './engine.ts'

/** Instances are processes of this machine, and nothing but Landfall itself needs to be there. */
const engine: EngineType = {
  name: 'process',
  can: { images: false, build: true, edge: true },
  connect: async (options) => openEngine(options),
}
export default engine
