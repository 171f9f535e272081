import { describe, expect, it } from 'vitest'
import type { Route } from '@partywall/tenancy-core/http'
import type { ManagementTarget } from '../describe-management-api.ts'

/** What no route gives, whichever it is: the list of routes is gone through. */
export function describeStrangers({ ask, routes }: ManagementTarget): void {
  const inside = () => routes().filter(({ scope }) => scope === 'organization')
  const line = ({ method, path }: Route) => `${method} ${path.replaceAll(/:\w+/g, 'x')}`
  const body = ({ method }: Route) => (method === 'GET' || method === 'DELETE' ? {} : { body: {} })
  const headers = { 'if-match': '*' }

  describe('every route', () => {
    it('answers a stranger as if there were no such organization, word for word', async () => {
      for (const route of inside()) {
        const answers = []
        for (const organization of ['globex', 'no-such-organization']) {
          const answer = await ask('ada', line(route), { ...body(route), organization, headers })
          const names = [...answer.headers.keys()].toSorted()
          answers.push({ ...answer, headers: names, body: { ...(answer.body as object), requestId: '' } })
        }
        expect(answers[0], line(route)).toMatchObject({ status: 404, body: { code: 'ORGANIZATION_NOT_FOUND' } })
        expect(answers[0]).toEqual(answers[1])
      }
    })

    it('asks who it is, and for which organization', async () => {
      for (const route of inside()) {
        const anonymous = { ...body(route), headers: { ...headers, authorization: '' } }
        expect(await ask('x', line(route), anonymous), line(route)).toMatchObject({ status: 401 })
        const nowhere = { ...body(route), headers, organization: '' }
        expect(await ask('ada', line(route), nowhere), line(route)).toMatchObject({ status: 400 })
      }
    })

    it('that changes something is not for who may only read', async () => {
      const writing = inside().filter(({ permission }) => permission !== undefined && !permission.endsWith(':read'))
      expect(writing.length).toBeGreaterThan(8)
      for (const route of writing) {
        const answer = await ask('viewer-of-acme', line(route), { ...body(route), headers })
        expect(answer, line(route)).toMatchObject({ status: 403, body: { code: 'PERMISSION_DENIED' } })
      }
    })

    it('asks for a permission, save the one by which members leave', () => {
      const open = inside().filter(({ permission }) => permission === undefined)
      expect(open.map(line)).toEqual(['POST /organization/leave'])
    })
  })
}
