import { permission } from '@partywall/express'
import type { HostOperation } from '@partywall/tenancy-core/http'
import { Router, json } from 'express'
import type { Kysely } from 'kysely'
import * as z from 'zod'
import { HttpError } from './http-error.ts'
import type { Schema } from './schema.ts'

const params = z.object({ id: z.coerce.number().int().min(1).max(2_147_483_647) })
const newProject = z.strictObject({ name: z.string().min(1).max(100) })
const newNote = z.strictObject({ body: z.string().min(1).max(10_000) })

const project = z.object({ id: z.int(), name: z.string() })
const note = z.object({ id: z.int(), body: z.string() })
const listedNote = note.extend({ authorId: z.string().nullable(), createdAt: z.iso.datetime() })
const failure = z.object({ error: z.object({ status: z.int(), message: z.string() }) }).meta({ title: 'Failure' })

/** What the routes below are, for the description of the API. */
export const describedProjectRoutes: readonly HostOperation[] = [
  {
    method: 'GET',
    path: '/projects',
    tag: 'projects',
    summary: 'List the projects, by name',
    operationId: 'listProjects',
    permission: 'projects:read',
    responses: { 200: z.array(project) },
  },
  {
    method: 'POST',
    path: '/projects',
    tag: 'projects',
    summary: 'Create a project',
    operationId: 'createProject',
    permission: 'projects:write',
    body: newProject,
    responses: { 201: project, 400: failure, 409: failure, 413: failure },
  },
  {
    method: 'GET',
    path: '/projects/:id',
    tag: 'projects',
    summary: 'Show a project',
    operationId: 'showProject',
    permission: 'projects:read',
    params,
    responses: { 200: project, 400: failure, 404: failure },
  },
  {
    method: 'GET',
    path: '/projects/:id/notes',
    tag: 'notes',
    summary: 'List the notes on a project',
    operationId: 'listNotes',
    permission: 'notes:read',
    params,
    responses: { 200: z.array(listedNote), 400: failure, 404: failure },
  },
  {
    method: 'POST',
    path: '/projects/:id/notes',
    tag: 'notes',
    summary: 'Add a note to a project',
    operationId: 'addNote',
    permission: 'notes:write',
    params,
    body: newNote,
    responses: { 201: note, 400: failure, 404: failure, 413: failure },
  },
]

/** What the service is for. None of it knows how many organizations it serves. */
export function projectRoutes(db: Kysely<Schema>): Router {
  const router = Router()

  router.get('/projects', permission('projects:read'), async (_, response) => {
    response.json(await db.selectFrom('projects').select(['id', 'name']).orderBy('name').execute())
  })

  router.post('/projects', permission('projects:write'), json(), async (request, response) => {
    const created = newProject.parse(request.body)
    response
      .status(201)
      .json(await db.insertInto('projects').values(created).returning(['id', 'name']).executeTakeFirst())
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
    const added = { project_id: id, author_id, body: newNote.parse(request.body).body }
    response.status(201).json(await db.insertInto('notes').values(added).returning(['id', 'body']).executeTakeFirst())
  })

  return router
}

async function findProject(db: Kysely<Schema>, id: number): Promise<{ id: number; name: string }> {
  const found = await db.selectFrom('projects').select(['id', 'name']).where('id', '=', id).executeTakeFirst()
  if (found === undefined) throw new HttpError(404, `There is no project ${id}.`)
  return found
}
