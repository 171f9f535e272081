import type { Prisma } from '../../generated/client.ts'
import { dayMs, earlier, type Generation } from './generation.ts'
import { branches, failureMessages } from './vocabulary.ts'

/** How a test case behaves in the made-up weeks. */
interface Behaviour {
  readonly testCaseId: string
  readonly failureRate: number
  readonly medianMs: number
  readonly message: string
}

interface Repository {
  readonly id: string
  readonly installationId: string
  readonly fullName: string
  readonly tests: readonly Behaviour[]
}

interface Run {
  readonly id: string
  readonly repository: Repository
  readonly number: number
  readonly startedAt: Date
}

const spanMs = 28 * dayMs
const jobNames = ['test (node 22)', 'test (node 24)', 'e2e'] as const

/** Runs the workflows of every repository in turn until there are as many results as were asked for. */
export function generateResults(generation: Generation): void {
  const { random, dataset, now, resultCount } = generation
  const repositories = listRepositories(generation)
  const rounds = Math.max(1, Math.ceil(resultCount / (dataset.TestCase.length * jobNames.length)))
  for (let round = 0; dataset.TestResult.length < resultCount; round += 1) {
    for (const repository of repositories) {
      if (dataset.TestResult.length >= resultCount) return
      const ageMs = (Math.max(0, rounds - round - random.next()) / rounds) * spanMs
      generateRun(generation, { id: random.id(), repository, number: round + 1, startedAt: earlier(now, ageMs) })
    }
  }
}

function listRepositories({ random, dataset }: Generation): Repository[] {
  return dataset.Repository.map((repository) => ({
    id: repository.id ?? '',
    installationId: repository.installationId,
    fullName: repository.fullName,
    tests: dataset.TestCase.filter((testCase) => testCase.repositoryId === repository.id).map((testCase) => ({
      testCaseId: testCase.id ?? '',
      // About one test in twelve is flaky; the others fail when somebody breaks them, which is rare.
      failureRate: random.chance(0.08) ? 0.03 + random.next() * 0.3 : 0.002,
      medianMs: random.longTailed(80),
      message: random.pick(failureMessages),
    })),
  }))
}

function generateRun(generation: Generation, run: Run): void {
  const { random, dataset } = generation
  const failed = jobNames.map((name) => generateJob(generation, run, name)).includes(true)
  dataset.WorkflowRun.push({
    id: run.id,
    repositoryId: run.repository.id,
    githubId: BigInt(9_400_000_000 + dataset.WorkflowRun.length),
    workflowName: 'CI',
    runNumber: run.number,
    attempt: 1,
    branch: random.pick(branches),
    headSha: random.hex(40),
    event: random.pick(['push', 'pull_request']),
    conclusion: failed ? 'failure' : 'success',
    startedAt: run.startedAt,
    finishedAt: earlier(run.startedAt, -random.integer(90, 900) * 1000),
  })
  generateReport(generation, run)
}

/** @returns whether a test failed and stayed failed when it was tried again */
function generateJob(generation: Generation, run: Run, name: string): boolean {
  const { random, dataset } = generation
  const workflowJobId = random.id()
  const failed = run.repository.tests
    .map((test) => generateAttempts(generation, test, { workflowJobId, startedAt: run.startedAt }))
    .includes('failed')
  const conclusion = failed ? 'failure' : 'success'
  const githubId = BigInt(27_600_000_000 + dataset.WorkflowJob.length)
  const finishedAt = earlier(run.startedAt, -random.integer(60, 600) * 1000)
  dataset.WorkflowJob.push({
    id: workflowJobId,
    workflowRunId: run.id,
    githubId,
    name,
    status: 'completed',
    conclusion,
    runnerLabels: ['ubuntu-24.04', 'x64'],
    startedAt: run.startedAt,
    finishedAt,
  })
  dataset.CheckRun.push({
    id: random.id(),
    repositoryId: run.repository.id,
    workflowJobId: random.chance(0.98) ? workflowJobId : null,
    githubId,
    name: `CI / ${name}`,
    status: 'completed',
    conclusion,
    output: { title: failed ? 'Some tests failed' : 'All tests passed', annotations: failed ? 1 : 0 },
    completedAt: finishedAt,
  })
  return failed
}

function generateAttempts(
  generation: Generation,
  test: Behaviour,
  job: { workflowJobId: string; startedAt: Date },
): Prisma.TestResultUncheckedCreateInput['status'] {
  const { random, dataset, resultCount } = generation
  if (dataset.TestResult.length >= resultCount) return 'passed'
  const skipped = random.chance(0.01)
  const failed = !skipped && random.chance(test.failureRate)
  const retried = failed && random.chance(0.9) && dataset.TestResult.length + 2 <= resultCount
  const attempt = (number: number, status: Prisma.TestResultUncheckedCreateInput['status']): void => {
    const bad = status === 'failed' || status === 'error'
    dataset.TestResult.push({
      id: random.id(),
      testCaseId: test.testCaseId,
      workflowJobId: job.workflowJobId,
      attempt: number,
      status,
      durationMs: status === 'skipped' ? 0 : Math.round(random.longTailed(test.medianMs) * 1000) / 1000,
      failureMessage: bad ? test.message : null,
      startedAt: earlier(job.startedAt, -random.integer(0, 600_000)),
    })
  }
  attempt(1, skipped ? 'skipped' : failed ? random.pick(['failed', 'failed', 'error']) : 'passed')
  if (!retried) return failed ? 'failed' : 'passed'
  const recovered = random.chance(0.8)
  attempt(2, recovered ? 'passed' : 'failed')
  return recovered ? 'passed' : 'failed'
}

function generateReport({ random, dataset }: Generation, run: Run): void {
  const artifactId = random.id()
  const createdAt = earlier(run.startedAt, -random.integer(900, 1200) * 1000)
  const name = 'test-reports'
  dataset.Artifact.push({
    id: artifactId,
    workflowRunId: run.id,
    name,
    sizeBytes: BigInt(random.integer(20_000, 4_000_000)),
    digest: random.bytes(32),
    expiresAt: earlier(createdAt, -90 * dayMs),
    createdAt,
  })
  const dead = random.chance(0.01)
  dataset.IngestionJob.push({
    repositoryId: run.repository.id,
    artifactId,
    state: dead ? 'dead' : 'done',
    attempts: dead ? 5 : 1,
    lastError: dead ? 'The archive holds no report.' : null,
    payload: { artifact: name, format: 'junit' },
    runAfter: createdAt,
    createdAt,
  })
  dataset.WebhookDelivery.push({
    id: random.id(),
    installationId: run.repository.installationId,
    deliveryGuid: random.uuid(),
    event: 'workflow_run',
    action: 'completed',
    payload: { repository: { full_name: run.repository.fullName }, workflow_run: { run_number: run.number } },
    receivedAt: createdAt,
    processedAt: earlier(createdAt, -random.integer(50, 4000)),
  })
}
