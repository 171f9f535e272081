import type { PrismaClient } from '../../generated/client.ts'

/** The figures of the front page, from one batch transaction, so that they belong to the same moment. */
export async function readStats(prisma: PrismaClient) {
  const [repositories, testCases, results, activeQuarantines, tasks, durations, worst] = await prisma.$transaction([
    prisma.repository.count(),
    prisma.testCase.count(),
    prisma.testResult.groupBy({ by: ['status'], _count: { _all: true }, orderBy: { status: 'asc' } }),
    prisma.quarantineDecision.count({ where: { liftedAt: null } }),
    prisma.task.groupBy({ by: ['status'], _count: { _all: true }, orderBy: { status: 'asc' } }),
    prisma.testResult.aggregate({ _avg: { durationMs: true }, _max: { startedAt: true } }),
    prisma.flakiestTest.findFirst({ orderBy: [{ failureRate: 'desc' }, { testCaseId: 'asc' }] }),
  ])
  const { _avg: average, _max: latest } = durations
  return {
    repositories,
    testCases,
    results: countsByStatus(results),
    activeQuarantines,
    tasks: countsByStatus(tasks),
    averageDurationMs: average.durationMs,
    lastResultAt: latest.startedAt,
    flakiestTest: worst,
  }
}

/** Prisma types the count of a group in a batch transaction loosely: `_all` may be missing. */
interface StatusGroup {
  readonly status: string
  readonly _count?: true | { readonly _all?: number }
}

function countsByStatus(groups: readonly StatusGroup[]): Record<string, number> {
  return Object.fromEntries(
    groups.map(({ status, _count: count }) => [status, typeof count === 'object' ? (count['_all'] ?? 0) : 0]),
  )
}
