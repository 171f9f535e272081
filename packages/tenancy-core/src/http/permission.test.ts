import { describe, expect, it } from 'vitest'
import { assertPermission, permits } from './permission.ts'
import type { Permission } from './permission.ts'
import { problemOf } from './problem.ts'

function allows(role: string, permission: Permission): boolean {
  try {
    assertPermission({ role }, permission)
    return true
  } catch (error) {
    expect(problemOf(error)).toMatchObject({ status: 403, body: { code: 'PERMISSION_DENIED' } })
    return false
  }
}

describe('permits', () => {
  it.each([
    [[], 'tests:read', false],
    [['*:*'], 'tests:read', true],
    [['tests:*'], 'tests:delete', true],
    [['tests:*'], 'test:delete', false],
    [['*:read'], 'tests:write', false],
    [['*:*', '!tests:*'], 'tests:read', false],
    [['*:*', '!tests:*', '*:read'], 'tests:read', true],
    [['!tests:read', '*:*'], 'tests:read', true],
    [['*:*'], 'tests', false],
    [['*:*'], ':read', false],
    [['*:*'], 'tests:', false],
    [['*:*'], 'tests:read:all', false],
  ] as const)('answers %j for %s with %s', (rules, permission, expected) => {
    expect(permits(rules, permission)).toBe(expected)
  })
})

describe('assertPermission', () => {
  it('asks the rules that the directory tells, and not the name of the role', () => {
    expect(() => assertPermission({ role: 'viewer', permissions: ['tests:*'] }, 'tests:write')).not.toThrow()
    expect(() => assertPermission({ role: 'owner', permissions: [] }, 'tests:read')).toThrow()
  })

  it.each(['owner', 'admin', 'member'])('lets a role %s do everything with what the host has', (role) => {
    expect(allows(role, 'repositories:read')).toBe(true)
    expect(allows(role, 'repositories:delete')).toBe(true)
  })

  it.each([
    ['owner', 'organization:delete', true],
    ['admin', 'organization:delete', false],
    ['admin', 'members:update', true],
    ['admin', 'subscription:update', false],
    ['admin', 'subscription:read', true],
    ['member', 'members:update', false],
    ['member', 'members:read', true],
    ['member', 'organization:update', false],
  ] as const)('answers a role %s for %s with %s', (role, permission, expected) => {
    expect(allows(role, permission)).toBe(expected)
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
