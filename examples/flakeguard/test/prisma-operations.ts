import { Prisma, type PrismaClient } from '../generated/client.ts'
import type { Label } from '../generated/client.ts'

/** Who calls, and what rows of its organization are known by. */
export interface OperationCaller {
  /** The default branch of every repository of the organization. */
  readonly mark: string
  /** The color of every label of the organization. */
  readonly color: string
  /** How many test results the organization has; the other has another number. */
  readonly resultCount: number
  /** A repository whose id the other organization has as well. */
  readonly repositoryId: string
  /** A label whose id the other organization has as well. */
  readonly labelId: string
  /** A test case whose id the other organization has as well. */
  readonly testCaseId: string
  readonly memberId: string
  /** New with each call; a caller of the other organization uses the same at the same time. */
  readonly fresh: string
}

/** Calls one operation and returns what shows whose rows it saw or wrote: marks, colors, counts. All must be the caller's. */
export type PrismaOperation = (prisma: PrismaClient, caller: OperationCaller) => Promise<readonly unknown[]>

const withRepository = { repository: { select: { defaultBranch: true } } } as const
type Found = Label & { repository: { defaultBranch: string } }

const shown = (...labels: readonly Found[]): string[] =>
  labels.flatMap(({ color, repository }) => [color, repository.defaultBranch])
const colors = (labels: readonly { color: string }[]): string[] => labels.map(({ color }) => color)

const newLabel = ({ fresh, repositoryId, color }: OperationCaller, part = ''): Label => ({
  id: `${fresh}${part}`,
  name: `${fresh}${part}`,
  repositoryId,
  color,
})
const newLabels = (caller: OperationCaller): Label[] => [newLabel(caller, '-one'), newLabel(caller, '-two')]
const made = ({ fresh }: OperationCaller): { name: { startsWith: string } } => ({ name: { startsWith: fresh } })

/** Calls of a model that read. */
export const reads: Readonly<Record<string, PrismaOperation>> = {
  findUnique: async ({ label }, { labelId: id }) => {
    const found = await label.findUnique({ where: { id }, include: withRepository })
    return found === null ? [] : shown(found)
  },
  findUniqueOrThrow: async ({ label }, { labelId: id }) =>
    shown(await label.findUniqueOrThrow({ where: { id }, include: withRepository })),
  findFirst: async ({ label }) => {
    const found = await label.findFirst({ include: withRepository })
    return found === null ? [] : shown(found)
  },
  findFirstOrThrow: async ({ label }, { labelId }) =>
    shown(await label.findFirstOrThrow({ where: { id: labelId }, include: withRepository })),
  findMany: async ({ label }) => shown(...(await label.findMany({ include: withRepository, take: 40 }))),
  count: async ({ testResult }) => [await testResult.count()],
  aggregate: async ({ testResult }) => [(await testResult.aggregate({ _count: true }))._count],
  groupBy: async ({ repository }) => {
    const groups = await repository.groupBy({ by: ['defaultBranch'], _count: true })
    return groups.map(({ defaultBranch }) => defaultBranch)
  },
}

/** Calls of a model that write. */
export const writes: Readonly<Record<string, PrismaOperation>> = {
  create: async ({ label }, caller) => shown(await label.create({ data: newLabel(caller), include: withRepository })),
  createMany: async ({ label }, caller) => {
    const { count } = await label.createMany({ data: newLabels(caller) })
    return count === 2 ? colors(await label.findMany({ where: made(caller) })) : [`${count} were made`]
  },
  createManyAndReturn: async ({ label }, caller) =>
    shown(...(await label.createManyAndReturn({ data: newLabels(caller), include: withRepository }))),
  update: async ({ label }, { labelId: id, color }) =>
    shown(await label.update({ where: { id }, data: { color }, include: withRepository })),
  updateMany: async ({ repository }, { mark, repositoryId: id }) => {
    const { count } = await repository.updateMany({ where: { id }, data: { defaultBranch: mark } })
    return count === 1 ? [mark] : [`${count} were updated`]
  },
  updateManyAndReturn: async ({ label }, { labelId: id, color }) =>
    shown(...(await label.updateManyAndReturn({ where: { id }, data: { color }, include: withRepository }))),
  upsert: async ({ label }, caller) => {
    const { name, repositoryId, color } = newLabel(caller)
    const where = { repositoryId_name: { repositoryId, name } }
    const create = { repository: { connect: { id: repositoryId } }, name, color }
    const inserted = await label.upsert({ where, create, update: { color: 'insert' }, include: withRepository })
    const updated = await label.upsert({ where, create, update: { color }, include: withRepository })
    return shown(inserted, updated)
  },
  delete: async ({ label }, caller) => {
    const { id } = await label.create({ data: newLabel(caller) })
    return shown(await label.delete({ where: { id }, include: withRepository }))
  },
  deleteMany: async ({ label }, caller) => {
    await label.createMany({ data: newLabels(caller) })
    const { count } = await label.deleteMany({ where: made(caller) })
    return count === 2 ? [caller.color] : [`${count} were deleted`]
  },
}

const everyColor = 'select distinct "color"::text as color from "Label"'
const ownColors = (rows: unknown): string[] => colors(rows as { color: string }[])

/** Calls of the client. */
export const clientCalls: Readonly<Record<string, PrismaOperation>> = {
  $queryRaw: async (prisma) => ownColors(await prisma.$queryRaw(Prisma.raw(everyColor))),
  $queryRawUnsafe: async (prisma, { labelId }) =>
    ownColors(await prisma.$queryRawUnsafe(`${everyColor} where "id" = $1`, labelId)),
  $executeRaw: async (prisma, { color, labelId }) => {
    const count = await prisma.$executeRaw`update "Label" set "color" = ${color} where "id" = ${labelId}`
    return count === 1 ? [color] : [`${count} were updated`]
  },
  $executeRawUnsafe: async (prisma, { color, labelId }) => {
    const sql = 'update "Label" set "color" = $1 where "id" = $2'
    const count = await prisma.$executeRawUnsafe(sql, color, labelId)
    return count === 1 ? [color] : [`${count} were updated`]
  },
  '$transaction of a batch': async (prisma, { labelId: id, color }) => {
    const [one, many, count, updated] = await prisma.$transaction([
      prisma.label.findUniqueOrThrow({ where: { id }, include: withRepository }),
      prisma.label.findMany({ include: withRepository, take: 10 }),
      prisma.testResult.count(),
      prisma.label.update({ where: { id }, data: { color }, include: withRepository }),
    ])
    return [...shown(one, updated, ...many), count]
  },
  '$transaction with a function': async (prisma, caller) =>
    await prisma.$transaction(async (tx) => {
      const one = await tx.label.create({ data: newLabel(caller), include: withRepository })
      const [all, raw] = [
        await tx.label.findMany({ where: made(caller), include: withRepository }),
        await tx.$queryRawUnsafe(everyColor),
      ]
      return [...shown(one, ...all), ...ownColors(raw)]
    }),
}

const taskOf = (caller: OperationCaller): Omit<Prisma.TaskCreateInput, 'number'> => ({
  repository: { connect: { id: caller.repositoryId } },
  creator: { connect: { id: caller.memberId } },
  title: caller.fresh,
  body: caller.mark,
})
// Numbers of tasks are unique in a repository, and the seed has taken the low ones.
const freshNumber = (): number => 100_000 + Math.floor(Math.random() * 2_000_000_000)
const withLabels = { labels: true, ...withRepository } as const

/** Writes and reads of several models in one call. */
export const nestedCalls: Readonly<Record<string, PrismaOperation>> = {
  'nested create, connect and connectOrCreate': async ({ task }, caller) => {
    const { name, repositoryId, color, id } = newLabel(caller)
    const where = { repositoryId_name: { repositoryId, name } }
    const create = { id, name, color, repository: { connect: { id: repositoryId } } }
    const labels = { connect: { id: caller.labelId }, connectOrCreate: { where, create } }
    const comments = { create: [{ body: caller.mark }, { body: caller.mark }] }
    const data = { ...taskOf(caller), number: freshNumber(), labels, comments }
    const found = await task.create({ data, include: { ...withLabels, comments: true } })
    const bodies = found.comments.map(({ body }) => body)
    return [...colors(found.labels), found.repository.defaultBranch, ...(bodies.length === 2 ? bodies : ['lost'])]
  },
  'nested update, upsert, disconnect and delete': async ({ task }, caller) => {
    const data = { ...taskOf(caller), number: freshNumber(), comments: { create: { body: 'first' } } }
    const { id, comments } = await task.create({ data, include: { comments: true } })
    const commentId = comments[0]?.id ?? ''
    const [body, label] = [caller.mark, { id: caller.labelId }]
    const changes = {
      labels: { connect: label, update: { where: label, data: { color: caller.color } } },
      comments: {
        upsert: { where: { id: commentId }, create: { body: 'none' }, update: { body } },
        create: { id: `${caller.fresh}-second`, body },
      },
    }
    const changed = await task.update({ where: { id }, data: changes, include: { ...withLabels, comments: true } })
    const undone = {
      labels: { disconnect: label },
      comments: { delete: { id: commentId }, updateMany: { where: {}, data: { body } } },
    }
    const left = await task.update({ where: { id }, data: undone, include: { ...withLabels, comments: true } })
    const bodies = [...changed.comments, ...left.comments].map((comment) => comment.body)
    const lost = bodies.length === 3 && left.labels.length === 0 ? [] : ['lost']
    return [...colors(changed.labels), left.repository.defaultBranch, ...bodies, ...lost]
  },
  'relations of many': async ({ repository }, { repositoryId: id }) => {
    const include = { labels: true, tasks: { include: withRepository, take: 5 }, _count: { select: { labels: true } } }
    const { labels, tasks, _count: count } = await repository.findUniqueOrThrow({ where: { id }, include })
    const none = count.labels === 0 ? ['none counted'] : []
    return [...colors(labels), ...tasks.map((task) => task.repository.defaultBranch), ...none]
  },
  'relation of a findUnique': async ({ testCase }, { testCaseId: id }) => {
    const found = await testCase.findUnique({ where: { id } }).repository()
    return [found?.defaultBranch]
  },
}
