import type { FastifyInstance } from 'fastify'
import * as z from 'zod'
import type { PrismaClient } from '../../generated/client.ts'
import { TaskPriority, TaskStatus } from '../../generated/enums.ts'
import { requireUser } from '../auth.ts'
import { createTask, listTasks, updateTask } from '../queries/tasks.ts'

const id = z.string().min(1)
const title = z.string().min(1).max(200)
const query = z.strictObject({
  repositoryId: id.optional(),
  status: z.enum(TaskStatus).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
})
const newTask = z.strictObject({
  repositoryId: id,
  title,
  body: z.string().max(10_000).optional(),
  priority: z.enum(TaskPriority).optional(),
  testCaseId: id.optional(),
  parentId: id.optional(),
  assigneeId: id.optional(),
  labels: z.array(z.string().min(1).max(50)).max(10).default([]),
  comment: z.string().min(1).optional(),
})
const change = z.strictObject({
  title: title.optional(),
  status: z.enum(TaskStatus).optional(),
  priority: z.enum(TaskPriority).optional(),
  assigneeId: id.nullable().optional(),
})

export function taskRoutes(app: FastifyInstance, prisma: PrismaClient): void {
  app.get('/tasks', async (request) => await listTasks(prisma, query.parse(request.query)))

  app.post('/tasks', async (request, reply) => {
    const task = newTask.parse(request.body)
    return await reply.status(201).send(await createTask(prisma, { ...task, creatorId: requireUser(request).id }))
  })

  app.patch('/tasks/:id', async (request) => {
    return await updateTask(prisma, z.object({ id }).parse(request.params).id, change.parse(request.body))
  })
}
