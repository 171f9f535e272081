import type { Prisma } from '../../generated/client.ts'
import { dayMs, earlier, startOfDay, type Generation } from './generation.ts'

type Result = Prisma.TestResultUncheckedCreateInput

/** Finds the flaky tests among the generated results, as the service's own detector would. */
export function generateFlakes(generation: Generation): void {
  const { dataset } = generation
  const resultsByTest = Map.groupBy(dataset.TestResult, (result) => result.testCaseId)
  const repositoryOf = new Map(dataset.TestCase.map((testCase) => [testCase.id, testCase.repositoryId]))
  for (const [testCaseId, results] of resultsByTest) {
    generateScores(generation, testCaseId, results)
    const failures = results.filter(isFailure)
    if (failures.length < 2 || !results.some((result) => result.status === 'passed')) continue
    generateDetection(generation, testCaseId, failures)
  }
  const failures = dataset.TestResult.filter(isFailure)
  generateClusters(
    generation,
    Map.groupBy(
      failures,
      (failure) => `${repositoryOf.get(failure.testCaseId) ?? ''}\n${failure.failureMessage ?? ''}`,
    ),
  )
}

function isFailure(result: Result): boolean {
  return result.status === 'failed' || result.status === 'error'
}

function generateScores({ random, dataset }: Generation, testCaseId: string, results: readonly Result[]): void {
  const resultsByDay = Map.groupBy(results, (result) => startOfDay(new Date(result.startedAt)).getTime())
  for (const [day, sameDay] of resultsByDay) {
    const failures = sameDay.filter(isFailure).length
    if (failures === 0) continue
    const score = (failures / sameDay.length).toFixed(4)
    dataset.FlakeScore.push({ id: random.id(), testCaseId, day: new Date(day), runs: sameDay.length, failures, score })
  }
}

function generateDetection(generation: Generation, testCaseId: string, failures: readonly Result[]): void {
  const { random, dataset, now } = generation
  const id = random.id()
  const detectedAt = new Date(failures[1]?.startedAt ?? now)
  dataset.FlakeDetection.push({
    id,
    testCaseId,
    kind: random.pick(['retry_passed', 'same_commit', 'timing', 'order_dependent']),
    confidence: Math.min(0.99, 0.5 + failures.length / 20).toFixed(4),
    evidence: { failures: failures.length, sample: failures[0]?.failureMessage ?? null },
    detectedAt,
    resolvedAt: random.chance(0.1) ? earlier(detectedAt, -2 * dayMs) : null,
  })
  for (const failure of failures) {
    dataset.Occurrence.push({
      id: random.id(),
      flakeDetectionId: id,
      testResultId: failure.id ?? '',
      seenAt: failure.startedAt,
    })
  }
  if (random.chance(0.25)) generateQuarantine(generation, testCaseId, detectedAt)
  if (random.chance(0.2)) generateIssueLink(generation, { testCaseId, flakeDetectionId: id, createdAt: detectedAt })
}

function generateQuarantine({ random, dataset, now, userIds }: Generation, testCaseId: string, detectedAt: Date): void {
  dataset.QuarantineDecision.push({
    id: random.id(),
    testCaseId,
    decidedById: random.chance(0.8) ? random.pick(userIds) : null,
    reason: random.pick(['Blocks the merge queue', 'Known race, fix under review', 'Above the flake threshold']),
    decidedAt: detectedAt,
    expiresAt: earlier(now, -14 * dayMs),
    liftedAt: random.chance(0.3) ? now : null,
  })
}

function generateIssueLink(
  { random, dataset }: Generation,
  link: { testCaseId: string; flakeDetectionId: string; createdAt: Date },
): void {
  const number = 1000 + dataset.IssueLink.length
  const jira = random.chance(0.4)
  dataset.IssueLink.push({
    id: random.id(),
    provider: jira ? 'jira' : 'github',
    externalId: jira ? `CI-${number}` : `flaky-tests#${number}`,
    url: jira
      ? `https://jira.example.com/browse/CI-${number}`
      : `https://github.example.com/flaky-tests/issues/${number}`,
    ...link,
  })
}

function generateClusters({ random, dataset, now }: Generation, groups: ReadonlyMap<string, readonly Result[]>): void {
  for (const [key, failures] of groups) {
    const [repositoryId = '', title = ''] = key.split('\n')
    const id = random.id()
    dataset.FailureCluster.push({
      id,
      repositoryId,
      signature: title
        .toLowerCase()
        .replaceAll(/[^a-z]+/g, '-')
        .slice(0, 60),
      title,
      centroid: Array.from({ length: 4 }, () => Math.round(random.next() * 1e6) / 1e6),
      firstSeenAt: failures[0]?.startedAt ?? now,
      lastSeenAt: failures.at(-1)?.startedAt ?? now,
    })
    for (const failure of failures) {
      const similarity = Math.round((0.8 + random.next() * 0.2) * 1e4) / 1e4
      dataset.FailureClusterMember.push({ failureClusterId: id, testResultId: failure.id ?? '', similarity })
    }
  }
}
