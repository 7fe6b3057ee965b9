import { targetSuite } from '../../../test/target-suite.ts'
import index from './index.ts'

targetSuite(index)
