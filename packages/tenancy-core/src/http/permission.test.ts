import { describe, expect, it } from 'vitest'
import { assertPermission } from './permission.ts'
import type { Permission } from './permission.ts'
import { problemOf } from './problem.ts'

function allows(role: string, permission: Permission): boolean {
  try {
    assertPermission(role, permission)
    return true
  } catch (error) {
    expect(problemOf(error)).toMatchObject({ status: 403, body: { code: 'PERMISSION_DENIED' } })
    return false
  }
}

describe('assertPermission', () => {
  it.each(['owner', 'admin', 'member'])('lets a role %s do everything', (role) => {
    expect(allows(role, 'repositories:read')).toBe(true)
    expect(allows(role, 'repositories:delete')).toBe(true)
  })

  it.each([
    ['repositories:read', true],
    ['repositories:write', false],
    ['repositories:reader', false],
    ['repositories:write:read', false],
    [':read', false],
  ] as const)('answers a viewer for %s with %s', (permission, expected) => {
    expect(allows('viewer', permission)).toBe(expected)
  })

  it.each(['', 'Owner', 'king', 'constructor'])('gives nothing to the unknown role %j', (role) => {
    expect(allows(role, 'repositories:read')).toBe(false)
  })
})
