import { describe, expect, it } from 'vitest'
import { as, call } from '../http-client.ts'
import type { HttpTarget } from '../describe-http-host.ts'

interface ProjectPage {
  readonly items: readonly { readonly id: number; readonly name: string }[]
  readonly nextCursor: string | null
}

/** A cursor leads on where it was written, and nowhere else. */
export function describePages({ host }: HttpTarget): void {
  const list = async (query: string, user = 'ada', slug = 'acme') => {
    const answer = await call(`${host().origin}/v1/projects?${query}`, { headers: as(user, slug) })
    return { ...answer, page: answer.body as ProjectPage }
  }
  const refused = { status: 400, body: { code: 'CURSOR_INVALID' } }

  describe('a list', () => {
    it('comes a page at a time, each item once', async () => {
      const names: string[] = []
      let cursor: string | null = ''
      for (let turn = 0; cursor !== null && turn < 10; turn += 1) {
        const { page } = await list(`name=acme&limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`)
        names.push(...page.items.map(({ name }) => name))
        cursor = page.nextCursor
      }
      expect(names.slice(0, 5)).toEqual([1, 2, 3, 4, 5].map((n) => `acme ${n}`))
      expect(new Set(names).size).toBe(names.length)
    })

    it('refuses the cursor of another organization, user aside, filter or form', async () => {
      const { nextCursor } = (await list('name=acme&limit=1')).page
      const cursor = nextCursor as string
      expect(await list(`cursor=${cursor}&name=acme&limit=3`)).toMatchObject({ status: 200 })
      expect(await list(`name=acme&cursor=${cursor}`, 'viewer-of-acme')).toMatchObject({ status: 200 })
      expect(await list(`name=acme&cursor=${cursor}`, 'bob', 'globex')).toMatchObject(refused)
      expect(await list(`cursor=${cursor}`)).toMatchObject(refused)
      expect(await list(`name=acm&cursor=${cursor}`)).toMatchObject(refused)
      const changed = (at: number): string =>
        cursor.slice(0, at) + (cursor[at] === 'A' ? 'B' : 'A') + cursor.slice(at + 1)
      for (const one of [changed(0), changed(5), changed(cursor.length - 1), `${cursor}=`, 'x', '%00', cursor.slice(1)])
        expect(await list(`name=acme&cursor=${one}`)).toMatchObject(refused)
    })

    it('refuses a limit out of range, and what its query does not have', async () => {
      for (const query of ['limit=0', 'limit=4', 'limit=x', 'offset=1', 'cursor=a&cursor=b'])
        expect(await list(query)).toMatchObject({ status: 400, body: { code: 'REQUEST_INVALID' } })
    })
  })
}
