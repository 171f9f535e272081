import type { FastifyInstance } from 'fastify'
import * as z from 'zod'
import type { PrismaClient } from '../../generated/client.ts'
import { TaskPriority, TaskStatus } from '../../generated/enums.ts'
import { requireUser } from '../auth.ts'
import { createTask, listTasks, updateTask } from '../queries/tasks.ts'
import type { ZodSchemas } from '../zod-schemas.ts'
import { bodyRefusals, refusals, task, tasks } from './responses.ts'

const id = z.string().min(1)
const title = z.string().min(1).max(200)
const querystring = z.strictObject({
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

const params = z.object({ id })
const tags = ['tasks']

export function taskRoutes(app: FastifyInstance, prisma: PrismaClient): void {
  const typed = app.withTypeProvider<ZodSchemas>()

  const list = {
    operationId: 'listTasks',
    summary: 'List the tasks, newest first',
    tags,
    querystring,
    response: { 200: tasks, ...refusals(400) },
  }
  typed.get('/tasks', { schema: list }, async ({ query }) => await listTasks(prisma, query))

  const create = {
    operationId: 'createTask',
    summary: 'Create a task, with its labels and first comment',
    tags,
    body: newTask,
    response: { 201: task, ...refusals(...bodyRefusals, 403, 404, 409, 422) },
  }
  typed.post('/tasks', { schema: create }, async (request, reply) => {
    const creatorId = requireUser(request).id
    return await reply.status(201).send(await createTask(prisma, { ...request.body, creatorId }))
  })

  const update = {
    operationId: 'updateTask',
    summary: 'Change a task; a new assignee is notified',
    tags,
    params,
    body: change,
    response: { 200: task, ...refusals(...bodyRefusals, 404, 422) },
  }
  typed.patch('/tasks/:id', { schema: update }, async (request) => {
    return await updateTask(prisma, request.params.id, request.body)
  })
}
