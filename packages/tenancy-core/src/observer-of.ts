import type { QueryResult } from 'pg'
import { Observer } from './observer.ts'
import type { BasePool } from './pg/pg-module.ts'
import type { ResolvedTenancyOptions } from './tenancy-options.ts'

/** The observer of a tenancy that observes. The operator counts the organizations. */
export function observerOf(options: ResolvedTenancyOptions, operatorPool: () => BasePool): Observer | undefined {
  const { observedOrganizationId: organizationId, schema, onEvent } = options
  if (organizationId === undefined || schema === undefined) return undefined
  const table = `"${schema.replaceAll('"', '""')}".organizations`
  const countOrganizations = async (): Promise<number> => {
    const result = await operatorPool().query(`select 1 from ${table} limit 2`)
    return (result as QueryResult).rows.length
  }
  return new Observer({ organizationId, countOrganizations, onEvent, now: () => performance.now() })
}
