// Written by `npm run gen`: one line for every folder here.
import type { Builder } from '../model/plug.ts'
import nodePlug from './node/index.ts'

export const builders: Record<string, Builder> = {
  'node': nodePlug,
}
