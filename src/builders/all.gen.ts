// Written by `npm run gen`: one line for every folder here.
import type { Builder } from '../model/plug.ts'
import commandPlug from './command/index.ts'
import nodePlug from './node/index.ts'
import pythonPlug from './python/index.ts'
import staticPlug from './static/index.ts'

export const builders: Record<string, Builder> = {
  'command': commandPlug,
  'node': nodePlug,
  'python': pythonPlug,
  'static': staticPlug,
}
