import { randomUUID } from 'node:crypto'

/** What the requests of a service are about. */
export interface Subjects {
  readonly repositories: readonly string[]
  readonly testCases: readonly string[]
  readonly workflowJobs: readonly string[]
  readonly tasks: readonly string[]
}

export interface Statement {
  readonly text: string
  readonly values: readonly unknown[]
  readonly isWrite: boolean
}

/** Statements of one request; more than one are one transaction. */
export type Request = readonly Statement[]

const read = (text: string, ...values: unknown[]): Statement => ({ text, values, isWrite: false })
const write = (text: string, ...values: unknown[]): Statement => ({ text, values, isWrite: true })

/**
 * Draws requests as FlakeGuard has them: half read, half write, and some write several tables in one transaction. No
 * statement knows of tenants: the old code and the new send the same.
 */
export function drawRequest({ repositories, testCases, workflowJobs, tasks }: Subjects): Request {
  const requests: readonly (() => Request)[] = [
    () => [
      read(
        'select "status", "durationMs", "startedAt" from "TestResult" where "testCaseId" = $1 order by "startedAt" desc limit 20',
        pick(testCases),
      ),
    ],
    () => [
      read(
        'select d."id", d."kind", c."name" from "FlakeDetection" d join "TestCase" c on c."id" = d."testCaseId" where c."repositoryId" = $1 and d."resolvedAt" is null limit 20',
        pick(repositories),
      ),
    ],
    () => [
      read(
        'select r."id", r."fullName", s."flakeThreshold" from "Repository" r left join "RepositorySettings" s on s."repositoryId" = r."id" order by r."fullName" limit 20',
      ),
    ],
    () => [
      read(
        'select t."number", t."title", u."login" from "Task" t left join "User" u on u."id" = t."assigneeId" where t."repositoryId" = $1 order by t."number" desc limit 20',
        pick(repositories),
      ),
    ],
    () => [insertResult(randomUUID(), pick(testCases), pick(workflowJobs))],
    () => [write('update "TestCase" set "lastSeenAt" = now() where "id" = $1', pick(testCases))],
    () => [
      write('update "Task" set "status" = \'in_progress\', "updatedAt" = now() where "id" = $1', pick(tasks)),
      write(
        'insert into "TaskComment" ("id", "taskId", "body") values ($1, $2, $3)',
        randomUUID(),
        pick(tasks),
        'Seen again',
      ),
    ],
    () => recordFlake(pick(testCases), pick(workflowJobs)),
  ]
  return pick(requests)()
}

/** Four tables in one transaction: what a step locks, parent or child, one of these holds or wants. */
function recordFlake(testCase: string, workflowJob: string): Request {
  const [result, detection] = [randomUUID(), randomUUID()]
  return [
    insertResult(result, testCase, workflowJob),
    write(
      'insert into "FlakeDetection" ("id", "testCaseId", "kind", "confidence", "evidence") values ($1, $2, \'retry_passed\', 0.9, \'{}\')',
      detection,
      testCase,
    ),
    write(
      'insert into "Occurrence" ("id", "flakeDetectionId", "testResultId") values ($1, $2, $3)',
      randomUUID(),
      detection,
      result,
    ),
    write('delete from "TestResult" where "id" = $1', result),
  ]
}

function insertResult(id: string, testCase: string, workflowJob: string): Statement {
  // A number that no other request draws stands for the attempt: the key is unique over job, case and attempt.
  const attempt = 1_000_000 + Math.floor(Math.random() * 2_000_000_000)
  return write(
    'insert into "TestResult" ("id", "testCaseId", "workflowJobId", "attempt", "status", "durationMs", "startedAt") values ($1, $2, $3, $4, \'passed\', 12.5, now())',
    id,
    testCase,
    workflowJob,
    attempt,
  )
}

function pick<Item>(items: readonly Item[]): Item {
  const item = items[Math.floor(Math.random() * items.length)]
  if (item === undefined) throw new RangeError('There is nothing to draw from.')
  return item
}
