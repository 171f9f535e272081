import { expect, it } from 'vitest'
import type { Scene } from '../scene.ts'

/** A key that the owner makes. */
export async function issueKey(
  { host, ask }: Scene,
  permissions: readonly string[],
): Promise<{ id: string; key: string }> {
  const answer = await ask(
    { userId: host.mine.ownerId },
    { line: 'POST /v1/organization/api-keys', organization: host.mine.slug, body: { name: 'CI', permissions } },
  )
  expect(answer.status).toBe(201)
  const key = /pwk_\w+/.exec(JSON.stringify(answer.body))?.[0] ?? ''
  const { id } = answer.body as { id: string }
  return { id, key }
}

export function describePrograms(scene: () => Scene): void {
  it('lets a program read by a key, in the one organization of the key, until it is revoked', async () => {
    const { host, ask } = scene()
    const { mine, other, list, write } = host
    const { id, key } = await issueKey(scene(), ['*:read'])
    const program = { bearer: key }
    const read = await ask(program, { line: list })
    expect(new Set(host.marksOf(read.body))).toEqual(new Set([mine.mark]))
    expect(await ask(program, { line: list, organization: mine.slug })).toMatchObject({ status: 200 })
    expect(await ask(program, { line: list, organization: other.slug })).toMatchObject({ status: 404 })
    const body = write.body
    expect(await ask(program, { line: `POST ${write.path}`, body })).toMatchObject({ status: 403 })
    expect(await ask(program, { line: '/v1/organizations' })).toMatchObject({ status: 401 })
    const line = `DELETE /v1/organization/api-keys/${id}`
    expect(await ask({ userId: mine.ownerId }, { line, organization: mine.slug })).toMatchObject({ status: 204 })
    expect(await ask(program, { line: list })).toMatchObject({ status: 401 })
  })

  it('refuses a key that was changed or made up', async () => {
    const { host, ask } = scene()
    const { key } = await issueKey(scene(), ['*:read'])
    const last = key.endsWith('0') ? '1' : '0'
    for (const bearer of [key.slice(0, -1), key.slice(0, -1) + last, 'pwk_', `pwk_${'0'.repeat(67)}`])
      expect(await ask({ bearer }, { line: host.list }), bearer).toMatchObject({ status: 401 })
  })
}
