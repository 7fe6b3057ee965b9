import { wishPython } from '../../lib/build/wish-python.ts'
import type { Builder } from '../../model/plug.ts'
import { check } from './check.ts'
import { detect } from './detect.ts'
import { recipe } from './recipe.ts'

export default {
  name: 'python',
  detect,
  check,
  runtimes: (files, { options }) => [wishPython(files, options).wish],
  recipe,
} satisfies Builder
