import { TenancyError } from '@partywall/tenancy-core'
import { describe, expect, it } from 'vitest'
import { codeOf, expectOwned, expectRefusal } from './expectations.ts'

describe('codeOf', () => {
  it.each([
    ['a SQLSTATE', Object.assign(new Error('x'), { code: '42501' }), '42501'],
    ['a code of Partywall', new TenancyError('TENANT_REQUIRED', 'x', { cause: { code: '42501' } }), 'TENANT_REQUIRED'],
    ['a cause', new Error('wrapped', { cause: Object.assign(new Error('x'), { code: '23505' }) }), '23505'],
    [
      'what Prisma keeps of it',
      { code: 'P2010', message: 'x', meta: { driverAdapterError: { cause: { originalCode: '22012' } } } },
      '22012',
    ],
    ['what Prisma says of it', new Error('Invalid call: No tenant is in scope; nothing was sent.'), 'TENANT_REQUIRED'],
    ['nothing it knows', new Error('x'), undefined],
    ['no error', undefined, undefined],
  ])('finds %s', (_, error, code) => {
    expect(codeOf(error)).toBe(code)
  })
})

describe('expectRefusal', () => {
  it('takes the codes that are expected, and any when none is', async () => {
    const fail = (): Promise<never> => Promise.reject(new TenancyError('TENANT_REQUIRED', 'x'))
    await expectRefusal(fail)
    await expectRefusal(fail, '42501', 'TENANT_REQUIRED')
    await expect(expectRefusal(fail, '42501')).rejects.toThrow('refused with TENANT_REQUIRED, expected 42501')
  })

  it('fails when the work goes through', async () => {
    await expect(expectRefusal(() => 'rows')).rejects.toThrow('went through')
  })
})

describe('expectOwned', () => {
  it('fails for a foreign row, and for no row at all', () => {
    const row = { id: '1', name: 'x', organizationId: 'a' }
    expect(() => expectOwned([row], 'a')).not.toThrow()
    expect(() => expectOwned([row, { ...row, organizationId: 'b' }], 'a')).toThrow()
    expect(() => expectOwned([], 'a')).toThrow()
  })
})
