import { edgeSuite } from '../../../test/edge-suite.ts'
import builtin from './index.ts'

edgeSuite(builtin)
