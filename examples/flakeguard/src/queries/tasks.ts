import type { Prisma, PrismaClient } from '../../generated/client.ts'
import type { TaskPriority, TaskStatus } from '../../generated/enums.ts'
import { HttpError } from '../http-error.ts'
import { takeTaskNumber } from './task-number.ts'

/** What a task is created from. */
export interface NewTask {
  readonly repositoryId: string
  readonly creatorId: string
  readonly title: string
  readonly body?: string | undefined
  readonly priority?: TaskPriority | undefined
  readonly testCaseId?: string | undefined
  readonly parentId?: string | undefined
  readonly assigneeId?: string | undefined
  readonly labels: readonly string[]
  readonly comment?: string | undefined
}

/** What may change about a task; what is undefined stays. */
export interface TaskChange {
  readonly title?: string | undefined
  readonly status?: TaskStatus | undefined
  readonly priority?: TaskPriority | undefined
  readonly assigneeId?: string | null | undefined
}

const taskDetails = {
  labels: { select: { name: true, color: true }, orderBy: { name: 'asc' } },
  assignee: { select: { id: true, login: true } },
  comments: { orderBy: { createdAt: 'asc' } },
  subtasks: { select: { id: true, number: true, title: true, status: true }, orderBy: { number: 'asc' } },
} as const satisfies Prisma.TaskInclude

/** Tasks, newest first. */
export async function listTasks(
  prisma: PrismaClient,
  query: { repositoryId?: string | undefined; status?: TaskStatus | undefined; limit: number },
) {
  return await prisma.task.findMany({
    where: {
      ...(query.repositoryId === undefined ? {} : { repositoryId: query.repositoryId }),
      ...(query.status === undefined ? {} : { status: query.status }),
    },
    include: { labels: taskDetails.labels, assignee: taskDetails.assignee, repository: { select: { fullName: true } } },
    orderBy: [{ createdAt: 'desc' }, { id: 'asc' }],
    take: query.limit,
  })
}

/**
 * Creates a task with its labels, first comment and the notification of its assignee, all or nothing.
 *
 * @throws HttpError 404 for an unknown repository, 422 for an unknown assignee; Prisma's P2025 for a test or a parent
 * that is not of the repository.
 */
export async function createTask(prisma: PrismaClient, task: NewTask) {
  return await prisma.$transaction(async (tx) => {
    const { repositoryId } = task
    const number = await takeTaskNumber(tx, repositoryId)
    if (task.assigneeId !== undefined) await assertUserExists(tx, task.assigneeId)
    return await tx.task.create({
      data: {
        number,
        title: task.title,
        body: task.body ?? '',
        priority: task.priority ?? 'medium',
        repository: { connect: { id: repositoryId } },
        creator: { connect: { id: task.creatorId } },
        ...(task.testCaseId === undefined ? {} : { testCase: { connect: { id: task.testCaseId, repositoryId } } }),
        ...(task.parentId === undefined ? {} : { parent: { connect: { id: task.parentId, repositoryId } } }),
        ...(task.assigneeId === undefined ? {} : assign(task.assigneeId, task.title)),
        ...(task.comment === undefined
          ? {}
          : { comments: { create: { body: task.comment, authorId: task.creatorId } } }),
        labels: {
          connectOrCreate: task.labels.map((name) => ({
            where: { repositoryId_name: { repositoryId, name } },
            create: { name, repositoryId },
          })),
        },
      },
      include: taskDetails,
    })
  })
}

/**
 * Changes a task; a new assignee is notified in the same transaction.
 *
 * @throws HttpError 404 for an unknown task, 422 for an unknown assignee.
 */
export async function updateTask(prisma: PrismaClient, id: string, change: TaskChange) {
  return await prisma.$transaction(async (tx) => {
    const task = await tx.task.findUnique({ where: { id } })
    if (task === null) throw new HttpError(404, `There is no task ${id}.`)
    const { title, status, priority, assigneeId } = change
    if (typeof assigneeId === 'string') await assertUserExists(tx, assigneeId)
    return await tx.task.update({
      where: { id },
      data: {
        ...(title === undefined ? {} : { title }),
        ...(status === undefined ? {} : { status }),
        ...(priority === undefined ? {} : { priority }),
        ...(assigneeId === null ? { assignee: { disconnect: true } } : {}),
        ...(typeof assigneeId === 'string' ? assign(assigneeId, title ?? task.title) : {}),
      },
      include: taskDetails,
    })
  })
}

function assign(userId: string, title: string) {
  return {
    assignee: { connect: { id: userId } },
    notifications: { create: { userId, kind: 'task_assigned', payload: { title } } },
  } as const
}

async function assertUserExists(tx: Prisma.TransactionClient, id: string): Promise<void> {
  const user = await tx.user.findUnique({ where: { id }, select: { id: true } })
  if (user === null) throw new HttpError(422, `There is no user ${id} to assign the task to.`)
}
