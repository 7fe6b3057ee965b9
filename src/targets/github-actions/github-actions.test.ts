import { targetSuite } from '../../../test/target-suite.ts'
import { workflowProblems } from '../../../test/workflow-problems.ts'
import index from './index.ts'

targetSuite(index, { validate: workflowProblems })
