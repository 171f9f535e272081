import { describe, expect, it, vi } from 'vitest'
import * as z from 'zod'
import { problemOf } from './problem.ts'
import { defineRoute, runRoute } from './route.ts'

const handler = vi.fn(async (_: unknown, { query }: { query: { limit: number } }) => ({ ...query, secret: 'kept' }))
const route = defineRoute({
  method: 'GET',
  path: '/things',
  summary: 'List things',
  tag: 'things',
  scope: 'organization',
  query: z.strictObject({ limit: z.coerce.number().int().max(10).default(5) }),
  response: z.object({ limit: z.number() }),
  handler,
})
const context = { userId: 'ada', tenant: undefined }
const raw = { params: undefined, query: {}, body: null }

describe('runRoute', () => {
  it('gives the handler what the schemas make of the input, and lets out what the response describes', async () => {
    expect(await runRoute(route, context, { ...raw, query: { limit: '7' } })).toEqual({ limit: 7 })
    expect(await runRoute(route, context, raw)).toEqual({ limit: 5 })
  })

  it('refuses other input before the handler, with every problem', async () => {
    handler.mockClear()
    const error: unknown = await runRoute(route, context, { ...raw, query: { limit: 11, more: 1 } }).catch(
      (e: unknown) => e,
    )
    expect(error).toMatchObject({
      code: 'REQUEST_INVALID',
      details: { issues: [{ path: 'query.limit' }, { path: 'query' }] },
    })
    expect(problemOf(error).status).toBe(400)
    expect(handler).not.toHaveBeenCalled()
  })

  it('takes an answer that is not as described for a fault', async () => {
    handler.mockResolvedValueOnce({ limit: 'many' } as never)
    const error: unknown = await runRoute(route, context, raw).catch((e: unknown) => e)
    expect(problemOf(error)).toMatchObject({ status: 500, body: { code: 'INTERNAL' } })
  })
})
