import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { as, call } from '../http-client.ts'
import type { HttpAnswer } from '../http-client.ts'
import type { HttpTarget } from '../describe-http-host.ts'

/** A request that is repeated has its effect once. */
export function describeIdempotency(target: HttpTarget): void {
  const { host, site } = target
  const post = (key: string | undefined, body: object, [user, slug] = ['ada', 'acme']): Promise<HttpAnswer> =>
    call(`${host().origin}/v1/projects`, {
      method: 'POST',
      headers: {
        ...as(user, slug),
        'content-type': 'application/json',
        ...(key === undefined ? {} : { 'idempotency-key': key }),
      },
      body: JSON.stringify(body),
    })
  const count = async (name: string): Promise<unknown> =>
    (await site().database.admin('select count(*)::int as n from projects where name = $1', [name]))[0]?.['n']

  describe('a request with an Idempotency-Key', () => {
    it('is answered again as it was, and has its effect once', async () => {
      const [key, name] = [randomUUID(), randomUUID()]
      const once = await post(key, { name })
      const again = await post(key, { name })
      expect(once).toMatchObject({ status: 201, body: { name } })
      expect(again).toMatchObject({ status: 201, body: once.body, type: once.type })
      expect([once.headers.get('idempotent-replayed'), again.headers.get('idempotent-replayed')]).toEqual([
        null,
        'true',
      ])
      expect(await count(name)).toBe(1)
      expect(await post(undefined, { name })).toMatchObject({ status: 201 })
      expect(await count(name)).toBe(2)
    })

    it('is refused with other input, and is of one user in one organization', async () => {
      const [key, name] = [randomUUID(), randomUUID()]
      expect(await post(key, { name })).toMatchObject({ status: 201 })
      expect(await post(key, { name: `${name} too` })).toMatchObject({
        status: 422,
        body: { code: 'IDEMPOTENCY_KEY_REUSED' },
      })
      const other = await post(key, { name }, ['bob', 'globex'])
      const deputy = await post(key, { name }, ['deputy-of-acme', 'acme'])
      for (const answer of [other, deputy]) {
        expect(answer).toMatchObject({ status: 201 })
        expect(answer.headers.get('idempotent-replayed')).toBeNull()
      }
      expect(await count(name)).toBe(3)
      expect(await post(key, { name }, ['viewer-of-acme', 'acme'])).toMatchObject({ status: 403 })
    })

    it('may be tried again when it failed: neither effect nor key is left', async () => {
      const [key, name] = [randomUUID(), randomUUID()]
      expect(await post(key, { name, fail: true })).toMatchObject({ status: 412 })
      expect(await count(name)).toBe(0)
      expect(await post(key, { name })).toMatchObject({ status: 201 })
    })
  })

  describeKeys(target, { post, count })
}

interface Ask {
  readonly post: (key: string, body: object) => Promise<HttpAnswer>
  readonly count: (name: string) => Promise<unknown>
}

function describeKeys({ site }: HttpTarget, { post, count }: Ask): void {
  describe('an Idempotency-Key', () => {
    it('that comes 32 times at once has the effect once', async () => {
      const [key, name] = [randomUUID(), randomUUID()]
      const answers = await Promise.all(Array.from({ length: 32 }, () => post(key, { name, delayMs: 50 })))
      const busy = answers.filter(({ status }) => status === 409)
      for (const { body } of busy) expect(body).toMatchObject({ code: 'IDEMPOTENCY_KEY_BUSY' })
      expect(busy.length).toBeGreaterThan(0)
      expect(answers.every(({ status }) => status === 409 || status === 201)).toBe(true)
      expect(await count(name)).toBe(1)
    })

    it('of another form than is kept is refused', async () => {
      for (const key of ['', 'a b', 'x'.repeat(256)])
        expect(await post(key, { name: 'x' })).toMatchObject({ status: 400, body: { code: 'IDEMPOTENCY_KEY_INVALID' } })
    })

    it('is kept for a day, and then taken away by the requests after', async () => {
      const [key, other, name] = [randomUUID(), randomUUID(), randomUUID()]
      await post(key, { name })
      await post(other, { name })
      const { database } = site()
      await database.admin("update partywall.idempotency_keys set created_at = now() - interval '25 hours'")
      const again = await post(key, { name: `${name} later` })
      expect(again).toMatchObject({ status: 201, body: { name: `${name} later` } })
      expect(
        await database.admin('select key from partywall.idempotency_keys where key in ($1, $2)', [key, other]),
      ).toEqual([{ key }])
    })
  })
}
