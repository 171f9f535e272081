import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import type { Ask, ManagementTarget } from '../describe-management-api.ts'

/** The settings that the organizations of the suite have. */
export const managementSettings: z.ZodType<
  { threshold: number; channels: { ci: string; alerts?: string | undefined } },
  { threshold?: number | undefined; channels?: { ci?: string | undefined; alerts?: string | undefined } | undefined }
> = z.strictObject({
  threshold: z.number().min(0).max(1).default(0.1),
  channels: z.strictObject({ ci: z.string().default('#ci'), alerts: z.string().optional() }).prefault({}),
})

const defaults = { threshold: 0.1, channels: { ci: '#ci' } }

/** What an organization chooses is replaced on top of what was seen, and merged whoever else merges. */
export function describeSettings({ ask, join }: ManagementTarget): void {
  const { read, patch, put } = callsOf(ask)

  describe('the settings', () => {
    it('are replaced by who has seen them, and have their defaults where nothing is chosen', async () => {
      const { etag, body } = await read('viewer-of-acme')
      expect(body).toEqual(defaults)
      expect(await put({ threshold: 0.5 })).toMatchObject({ status: 428 })
      const replaced = await put({ threshold: 0.5 }, { 'if-match': etag })
      expect(replaced).toMatchObject({ status: 200, body: { ...defaults, threshold: 0.5 } })
      expect(await put({ threshold: 0.6 }, { 'if-match': etag })).toMatchObject({
        status: 412,
        body: { code: 'SETTINGS_CHANGED' },
      })
      expect(await read()).toMatchObject({ etag: replaced.headers.get('etag'), body: { threshold: 0.5 } })
      for (const tag of ['"-1"', '"1e3"', '"99999999999999999999"', 'W/"1"', '"a"'])
        expect(await put({}, { 'if-match': tag })).toMatchObject({ status: 412 })
      expect(await put({}, { 'if-match': '*' })).toMatchObject({ status: 200, body: defaults })
    })

    it('are merged, and none of many patches at a time is lost', async () => {
      const answers = await Promise.all(
        Array.from({ length: 10 }, (_, n) =>
          patch(n % 2 === 0 ? { threshold: 0.7 } : { channels: { alerts: '#alerts' } }),
        ),
      )
      expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200))
      expect((await read()).body).toEqual({ threshold: 0.7, channels: { ci: '#ci', alerts: '#alerts' } })
      expect(await patch({ threshold: null, channels: null })).toMatchObject({ status: 200, body: defaults })
    })

    it('are not changed by who may only read them', async () => {
      await join('tester', 'member')
      for (const user of ['viewer-of-acme', 'tester']) {
        expect(await read(user)).toMatchObject({ status: 200 })
        const refused = await ask(user, 'PATCH /organization/settings', { body: { threshold: 1 } })
        expect(refused).toMatchObject({ status: 403, body: { code: 'PERMISSION_DENIED' } })
      }
    })
  })
  describeRefusals(ask)
}

function callsOf(ask: Ask) {
  return {
    read: async (user = 'ada') => {
      const { headers, body, status } = await ask(user, 'GET /organization/settings')
      return { etag: headers.get('etag') ?? '', body, status }
    },
    patch: (body: unknown) => ask('ada', 'PATCH /organization/settings', { body }),
    put: (body: unknown, headers = {}) => ask('ada', 'PUT /organization/settings', { body, headers }),
  }
}

function describeRefusals(ask: Ask): void {
  const { read, patch, put } = callsOf(ask)

  describe('the settings', () => {
    it('take nothing unknown, out of range or poisonous, and say where it is', async () => {
      const refused: readonly [unknown, string][] = [
        [{ threshold: 2 }, '/body/threshold'],
        [{ channels: { ci: 1 } }, '/body/channels/ci'],
        [{ treshold: 0.1 }, '/body/treshold'],
        [{ channels: { 'a/b': '#x' } }, '/body/channels/a~1b'],
        [{ channels: { ci: 'nul\0' } }, '/body/channels/ci'],
      ]
      for (const [body, pointer] of refused) {
        const problem = { status: 400, body: { code: 'SETTINGS_INVALID', errors: [{ pointer }] } }
        expect(await patch(body)).toMatchObject(problem)
        expect(await put(body, { 'if-match': '*' })).toMatchObject(problem)
      }
      for (const body of [[], 'text', 1]) expect(await patch(body)).toMatchObject({ status: 400 })
      const poison = JSON.parse('{"__proto__":{"threshold":1},"constructor":{"prototype":{"threshold":1}}}') as object
      expect(await patch(poison)).toMatchObject({ status: 400 })
      expect((await read()).body).toEqual(defaults)
    })
  })
}
