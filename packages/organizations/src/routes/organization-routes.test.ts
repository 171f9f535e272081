import { readFile } from 'node:fs/promises'
import { createConfig, lintFromString } from '@redocly/openapi-core'
import { TenancyError } from '@partywall/tenancy-core'
import { openApiDocument, problemOf } from '@partywall/tenancy-core/http'
import type { Json, Route } from '@partywall/tenancy-core/http'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { errorCodes } from '../error-codes.ts'
import type { ErrorCode } from '../error-codes.ts'
import type { Organizations } from '../organizations.ts'
import { organizationRoutes } from './organization-routes.ts'

const settingsSchema = z.strictObject({ threshold: z.number().default(0.1) })
const routesOf = (): readonly Route[] =>
  organizationRoutes({ settingsSchema } as Partial<Organizations> as Organizations, { emailOf: async () => undefined })
const describeRoutes = (): Json =>
  openApiDocument({ title: 'Organizations', version: '1', prefix: '/v1', routes: [routesOf()] })

/** A refusal that tells the caller what to do about it; 500 where no request of the API can be the reason. */
const statuses: Readonly<Record<ErrorCode, number>> = {
  ACTOR_NOT_MEMBER: 403,
  ACTOR_REQUIRED: 403,
  API_KEY_EXCEEDS_ROLE: 403,
  API_KEY_INVALID: 400,
  API_KEY_UNKNOWN: 404,
  CONFIGURATION_INVALID: 500,
  ENTITLEMENT_UNKNOWN: 500,
  DOMAIN_ASKS_FOR_INVITATION: 403,
  DOMAIN_EXISTS: 409,
  DOMAIN_INVALID: 400,
  DOMAIN_LOOKUP_FAILED: 503,
  DOMAIN_NOT_JOINABLE: 404,
  DOMAIN_ROLE_TOO_HIGH: 400,
  DOMAIN_TAKEN: 409,
  DOMAIN_UNKNOWN: 404,
  DOMAIN_UNPROVEN: 409,
  EMAIL_UNVERIFIED: 403,
  ORGANIZATION_GITHUB_LOGIN_TAKEN: 409,
  INVITATION_INVALID: 400,
  INVITATION_OTHER_ADDRESS: 403,
  INVITATION_PENDING: 409,
  INVITATION_UNKNOWN: 404,
  INVITATION_UNUSABLE: 404,
  LAST_OWNER: 409,
  MEMBER_EXISTS: 409,
  MEMBER_INVALID: 400,
  MEMBER_PENDING: 409,
  MEMBER_UNKNOWN: 404,
  ORGANIZATION_CHANGED: 412,
  ORGANIZATION_INVALID: 400,
  ORGANIZATION_NOT_DELETED: 409,
  ORGANIZATION_ROOT_MISSING: 500,
  ORGANIZATION_SLUG_TAKEN: 409,
  ORGANIZATION_TOO_EARLY: 409,
  ORGANIZATION_UNKNOWN: 404,
  OWNER_AMBIGUOUS: 500,
  OWNER_EXISTS: 500,
  OWNER_UNKNOWN: 500,
  RANK_TOO_LOW: 403,
  ROLE_INVALID: 400,
  ROLE_IN_USE: 409,
  ROLE_UNKNOWN: 400,
  ROLE_UNMAPPED: 500,
  SEATS_EXHAUSTED: 409,
  SEATS_SUBSCRIBED: 409,
  SETTINGS_CHANGED: 412,
  SETTINGS_INVALID: 400,
  SETTINGS_TOO_LARGE: 413,
  SETTINGS_UNREADABLE: 500,
  SUBSCRIPTION_CONFLICT: 409,
  SUBSCRIPTION_INVALID: 400,
  SUBSCRIPTION_PLAN_UNKNOWN: 500,
}

describe('organizationRoutes', () => {
  it('are described in a way that a linter finds no fault with', async () => {
    const rules = { 'info-license': 'off', 'tag-description': 'off' } as const
    const config = await createConfig({ extends: ['recommended-strict'], rules })
    const source = JSON.stringify(describeRoutes())
    const problems = await lintFromString({ source, absoluteRef: 'openapi.json', config })
    expect(problems.map(({ ruleId, message }) => `${ruleId}: ${message}`)).toEqual([])
  })

  it('are described the same each time', () => {
    expect(JSON.stringify(describeRoutes())).toBe(JSON.stringify(describeRoutes()))
  })

  it('have names, and refuse with codes that have a status', () => {
    for (const { operationId, refusals = [] } of routesOf()) {
      expect(operationId).toMatch(/^[a-z]+[A-Z]/)
      for (const code of refusals) expect(problemOf(new TenancyError(code, 'x')).status, code).toBeLessThan(500)
    }
  })

  it('stand in the README, each of them', async () => {
    const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8')
    const shown = [...readme.matchAll(/`((?:GET|POST|PUT|PATCH|DELETE) \/[\w/:-]*)/g)].map(([, route = '']) => route)
    expect([...new Set(shown)].toSorted()).toEqual(
      routesOf()
        .map(({ method, path }) => `${method} ${path}`)
        .toSorted(),
    )
  })

  it('put no secret into a path, where it would be logged', () => {
    for (const { path, query } of routesOf()) {
      expect(path).not.toMatch(/token|secret/i)
      expect(JSON.stringify(query)).not.toMatch(/token|secret/i)
    }
  })
})

describe('problemOf', () => {
  it.each(Object.keys(errorCodes) as ErrorCode[])('answers %s as it was decided', (code) => {
    expect(problemOf(new TenancyError(code, 'What to do.')).status).toBe(statuses[code])
  })
})
