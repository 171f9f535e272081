import * as z from 'zod'
import { AccountKind, RunConclusion, TaskPriority, TaskStatus, TestStatus } from '../../generated/enums.ts'

const id = z.string()
const time = z.iso.datetime()
const label = z.object({ name: z.string(), color: z.string() })
const inRepository = z.object({ fullName: z.string() })

const failure = z.object({ error: z.object({ status: z.int(), message: z.string() }) }).meta({ title: 'Failure' })

/** What the service refuses with, by its own statuses: 401 of every route, and 400 of one that reads input. */
export function refusals(...statuses: readonly number[]): Readonly<Record<number, z.ZodType>> {
  return Object.fromEntries([401, ...statuses].map((status) => [status, failure]))
}

/** Of every body that is read. */
export const bodyRefusals = [400, 413, 415] as const

const repositoryFields = {
  id,
  fullName: z.string(),
  defaultBranch: z.string(),
  isPrivate: z.boolean(),
  topics: z.array(z.string()),
  archivedAt: time.nullable(),
}

export const repositories = z.array(
  z.object({ ...repositoryFields, _count: z.object({ testCases: z.int(), workflowRuns: z.int() }) }),
)

export const repository = z.object({
  ...repositoryFields,
  installation: z.object({ accountLogin: z.string(), accountKind: z.enum(AccountKind), suspendedAt: time.nullable() }),
  settings: z
    .object({
      repositoryId: id,
      flakeThreshold: z.string().describe('A share, as a decimal'),
      windowDays: z.int(),
      autoQuarantine: z.boolean(),
      ignoredBranches: z.array(z.string()),
      reportFormat: z.looseObject({ kind: z.string() }),
      lastTaskNumber: z.int(),
      updatedAt: time,
    })
    .nullable(),
  labels: z.array(label),
  lastRun: z.object({ startedAt: time, conclusion: z.enum(RunConclusion).nullable() }).nullable(),
  failureRate: z.number(),
})

const flakiest = {
  testCaseId: id,
  suite: z.string(),
  name: z.string(),
  runs: z.int(),
  failures: z.int(),
  failureRate: z.number(),
  lastFailedAt: time,
  quarantined: z.boolean(),
}

export const flakyTests = z.array(z.object({ ...flakiest, openTasks: z.int() }))

export const testResults = z.array(
  z.object({
    id,
    testCaseId: id,
    workflowJobId: id,
    attempt: z.int(),
    status: z.enum(TestStatus),
    durationMs: z.number(),
    failureMessage: z.string().nullable(),
    startedAt: time,
    testCase: z.object({ suite: z.string(), name: z.string(), repository: inRepository }),
    workflowJob: z.object({ name: z.string() }),
  }),
)

const taskFields = {
  id,
  repositoryId: id,
  parentId: id.nullable(),
  testCaseId: id.nullable(),
  creatorId: id,
  assigneeId: id.nullable(),
  number: z.int().describe('Counts in its repository'),
  title: z.string(),
  body: z.string(),
  status: z.enum(TaskStatus),
  priority: z.enum(TaskPriority),
  dueOn: time.nullable(),
  createdAt: time,
  updatedAt: time,
}
const assignee = z.object({ id, login: z.string() }).nullable()

export const tasks = z.array(z.object({ ...taskFields, labels: z.array(label), assignee, repository: inRepository }))

export const task = z.object({
  ...taskFields,
  labels: z.array(label),
  assignee,
  comments: z.array(
    z.object({
      id,
      taskId: id,
      authorId: id.nullable(),
      body: z.string(),
      createdAt: time,
      editedAt: time.nullable(),
    }),
  ),
  subtasks: z.array(z.object({ id, number: z.int(), title: z.string(), status: z.enum(TaskStatus) })),
})

export const quarantined = z.object({
  decision: z.object({
    id,
    testCaseId: id,
    decidedById: id.nullable(),
    reason: z.string(),
    decidedAt: time,
    expiresAt: time.nullable(),
    liftedAt: time.nullable(),
  }),
  task: z.object({ ...taskFields, labels: z.array(z.object({ name: z.string() })) }),
})

export const stats = z.object({
  repositories: z.int(),
  testCases: z.int(),
  results: z.record(z.string(), z.int()),
  activeQuarantines: z.int(),
  tasks: z.record(z.string(), z.int()),
  averageDurationMs: z.number().nullable(),
  lastResultAt: time.nullable(),
  flakiestTest: z.object({ repositoryId: id, ...flakiest }).nullable(),
})

export const me = z.object({
  id,
  login: z.string(),
  email: z.string(),
  name: z.string().nullable(),
  unreadNotifications: z.int(),
  openTasks: z.int(),
  organizations: z
    .array(z.looseObject({ slug: z.string(), role: z.string() }))
    .optional()
    .describe('Where the service has many'),
})
