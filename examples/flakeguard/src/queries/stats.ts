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
  return {
    repositories,
    testCases,
    results: countsByStatus(results),
    activeQuarantines,
    tasks: countsByStatus(tasks),
    averageDurationMs: durations._avg.durationMs,
    lastResultAt: durations._max.startedAt,
    flakiestTest: worst,
  }
}

function countsByStatus(groups: readonly { status: string; _count: unknown }[]): Record<string, number> {
  return Object.fromEntries(groups.map(({ status, _count }) => [status, (_count as { _all: number })._all]))
}
