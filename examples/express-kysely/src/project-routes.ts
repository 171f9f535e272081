import { permission } from '@partywall/express'
import { Router, json } from 'express'
import type { Kysely } from 'kysely'
import * as z from 'zod'
import { HttpError } from './http-error.ts'
import type { Schema } from './schema.ts'

const params = z.object({ id: z.coerce.number().int().min(1).max(2_147_483_647) })
const newProject = z.strictObject({ name: z.string().min(1).max(100) })
const newNote = z.strictObject({ body: z.string().min(1).max(10_000) })

/** What the service is for. None of it knows how many organizations it serves. */
export function projectRoutes(db: Kysely<Schema>): Router {
  const router = Router()

  router.get('/projects', permission('projects:read'), async (_, response) => {
    response.json(await db.selectFrom('projects').select(['id', 'name']).orderBy('name').execute())
  })

  router.post('/projects', permission('projects:write'), json(), async (request, response) => {
    const project = newProject.parse(request.body)
    response
      .status(201)
      .json(await db.insertInto('projects').values(project).returning(['id', 'name']).executeTakeFirst())
  })

  router.get('/projects/:id', permission('projects:read'), async (request, response) => {
    response.json(await findProject(db, params.parse(request.params).id))
  })

  router.get('/projects/:id/notes', permission('notes:read'), async (request, response) => {
    const { id } = await findProject(db, params.parse(request.params).id)
    const notes = db.selectFrom('notes').select(['id', 'body', 'author_id as authorId', 'created_at as createdAt'])
    response.json(await notes.where('project_id', '=', id).orderBy('id').execute())
  })

  router.post('/projects/:id/notes', permission('notes:write'), json(), async (request, response) => {
    const { id } = await findProject(db, params.parse(request.params).id)
    const { actor } = request.tenancy ?? {}
    const author_id = actor?.type === 'user' ? actor.id : null
    const note = { project_id: id, author_id, body: newNote.parse(request.body).body }
    response.status(201).json(await db.insertInto('notes').values(note).returning(['id', 'body']).executeTakeFirst())
  })

  return router
}

async function findProject(db: Kysely<Schema>, id: number): Promise<{ id: number; name: string }> {
  const project = await db.selectFrom('projects').select(['id', 'name']).where('id', '=', id).executeTakeFirst()
  if (project === undefined) throw new HttpError(404, `There is no project ${id}.`)
  return project
}
