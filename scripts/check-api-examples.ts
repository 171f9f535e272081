/** Looks for what is published without an example, and for examples that would not compile. Ends with 1 when there are any. */
import { join } from 'node:path'
import { findExampleProblems } from './api-examples/find-example-problems.ts'

const problems = findExampleProblems(join(import.meta.dirname, '..'))
for (const problem of problems) console.error(problem)
process.exitCode = problems.length === 0 ? 0 : 1
