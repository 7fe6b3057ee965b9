import { wishNode } from '../../lib/build/wish-node.ts'
import type { Builder } from '../../model/plug.ts'
import { check } from './check.ts'
import { detect } from './detect.ts'
import { managerOf } from './package-manager.ts'
import { recipe } from './recipe.ts'

export default {
  name: 'node',
  detect,
  check,
  runtimes(files, { options }) {
    const { wish } = managerOf(files, options)
    return [wishNode(files, options).wish, ...(wish ? [wish] : [])]
  },
  recipe,
} satisfies Builder
