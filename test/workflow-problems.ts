import { NoOperationTraceWriter, parseWorkflow } from '@actions/workflow-parser'

/** What GitHub's own reader says about workflows; nothing where they are right. */
export function workflowProblems(files: Record<string, string>): string[] {
  return Object.entries(files)
    .filter(([name]) => /workflows\/.*\.yml$/.test(name))
    .flatMap(([name, content]) =>
      parseWorkflow({ name, content }, new NoOperationTraceWriter())
        .context.errors.getErrors()
        .map((error) => `${name}: ${error.message}`),
    )
}
