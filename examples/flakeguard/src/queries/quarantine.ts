import type { PrismaClient } from '../../generated/client.ts'
import { HttpError } from '../http-error.ts'
import { takeTaskNumber } from './task-number.ts'

/** Which test to quarantine, and why. */
export interface QuarantineRequest {
  readonly repositoryId: string
  readonly testCaseId: string
  readonly reason: string
  readonly decidedById: string
  readonly expiresAt?: Date | undefined
}

/**
 * Quarantines a test and opens the task to repair it, both or neither.
 *
 * @throws HttpError 404 when the repository has no such test.
 */
export async function quarantineTest(prisma: PrismaClient, request: QuarantineRequest) {
  const { repositoryId, testCaseId, decidedById } = request
  return await prisma.$transaction(async (tx) => {
    const testCase = await tx.testCase.findFirst({ where: { id: testCaseId, repositoryId } })
    if (testCase === null) throw new HttpError(404, `Repository ${repositoryId} has no test ${testCaseId}.`)
    const number = await takeTaskNumber(tx, repositoryId)
    const updated = await tx.testCase.update({
      where: { id: testCaseId },
      data: {
        decisions: {
          create: {
            reason: request.reason,
            expiresAt: request.expiresAt ?? null,
            decidedBy: { connect: { id: decidedById } },
          },
        },
        tasks: {
          create: {
            number,
            title: `Fix flaky test: ${testCase.suite} ${testCase.name}`,
            priority: 'high',
            repository: { connect: { id: repositoryId } },
            creator: { connect: { id: decidedById } },
            labels: {
              connectOrCreate: {
                where: { repositoryId_name: { repositoryId, name: 'flaky' } },
                create: { name: 'flaky', repositoryId },
              },
            },
          },
        },
      },
      include: {
        decisions: { orderBy: { decidedAt: 'desc' }, take: 1 },
        tasks: { where: { number }, include: { labels: { select: { name: true } } } },
      },
    })
    return { decision: updated.decisions[0], task: updated.tasks[0] }
  })
}
