import type { PrismaClient } from '../../generated/client.ts'
import type { TestStatus } from '../../generated/enums.ts'

/** The newest results, of one status or of all. */
export async function listTestResults(prisma: PrismaClient, query: { status?: TestStatus | undefined; limit: number }) {
  return await prisma.testResult.findMany({
    ...(query.status === undefined ? {} : { where: { status: query.status } }),
    include: {
      testCase: { select: { suite: true, name: true, repository: { select: { fullName: true } } } },
      workflowJob: { select: { name: true } },
    },
    orderBy: [{ startedAt: 'desc' }, { id: 'asc' }],
    take: query.limit,
  })
}
