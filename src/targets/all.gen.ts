// Written by `npm run gen`: one line for every folder here.
import type { Target } from '../model/target.ts'

export const targets: Record<string, Target> = {
}
