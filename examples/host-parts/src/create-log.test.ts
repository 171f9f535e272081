import { describe, expect, it } from 'vitest'
import { createLog } from './create-log.ts'
import { scrub } from './scrub.ts'
import { createTokenIssuer } from './token-issuer.ts'

const key = `pwk_${'A'.repeat(16)}_${'b'.repeat(50)}`

describe('scrub', () => {
  it('removes tokens, keys, passwords and addresses wherever they stand', async () => {
    const issuer = await createTokenIssuer({ issuer: 'i', audience: 'a' })
    const token = await issuer.issue('ada')
    for (const secret of [token, key, 'ada.lovelace+x@example.co.uk', 'größe@münchen.example']) {
      for (const text of [secret, `"${secret}"`, `Key (email)=(${secret}) exists`, `{"a":"${secret}","b":1}`]) {
        expect(scrub(text)).not.toContain(secret)
        expect(scrub(text).replace('[removed]', secret)).toBe(text)
      }
    }
    expect(scrub('authorization: Bearer abc.def')).toBe('authorization: Bearer [removed]')
    expect(scrub('postgresql://app:hunter2@db/x')).not.toContain('hunter2')
  })

  it('leaves the rest, paths of modules included', () => {
    const path = 'at run (/srv/node_modules/.pnpm/pino@10.4.0/node_modules/pino/lib/proto.js:1:2)'
    expect(scrub(path)).toBe(path)
  })
})

describe('createLog', () => {
  function written(log: (log: ReturnType<typeof createLog>) => void): Record<string, unknown>[] {
    const lines: string[] = []
    log(createLog({ write: (line) => lines.push(line), context: () => ({ organizationId: 'acme' }) }))
    return lines.map((line) => JSON.parse(line) as Record<string, unknown>)
  }

  it('writes lines of JSON with the organization of the moment', () => {
    expect(written((log) => log.info({ a: 1 }, 'hello'))).toMatchObject([
      { a: 1, msg: 'hello', organizationId: 'acme' },
    ])
  })

  it('writes of an error what it is, and not what it carries', () => {
    const cause = Object.assign(new Error('inside'), {
      code: '23505',
      detail: 'Key (name)=(secret row)',
      query: 'secret',
    })
    const error = Object.assign(new Error('of ada@example.com', { cause }), { config: { password: 'secret' } })
    const [line] = written((log) => log.error(error))
    expect(line).toMatchObject({
      err: { type: 'Error', message: 'of [removed]', cause: { code: '23505', message: 'inside' } },
    })
    expect(JSON.stringify(line)).not.toMatch(/secret|ada@/)
  })
})
