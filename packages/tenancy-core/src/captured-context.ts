import * as z from 'zod'
import { tenantScope } from './scope.ts'
import type { Actor, TenantScope } from './scope.ts'
import { TenancyError } from './tenancy-error.ts'

/** A scope as it travels in the payload of a job. It names an organization and proves nothing: keep it where only the service writes. */
export interface CapturedContext {
  /** The version of the shape. */
  readonly partywall: 1
  readonly organizationId: string
  readonly actor?: Actor | undefined
}

const capturedSchema = z.strictObject({
  partywall: z.literal(1),
  organizationId: z.string(),
  actor: z.strictObject({ type: z.enum(['user', 'api-key', 'system']), id: z.string() }).optional(),
})

/** The scope without its signal and its time-out, which belong to the request. */
export function captureScope({ organizationId, actor }: TenantScope): CapturedContext {
  return Object.freeze({ partywall: 1, organizationId, ...(actor === undefined ? {} : { actor: { ...actor } }) })
}

/** @throws {TenancyError} `CONTEXT_INVALID` for anything but what {@link captureScope} made. */
export function readCapturedContext(captured: unknown): TenantScope {
  const parsed = capturedSchema.safeParse(captured)
  if (!parsed.success) {
    const issues = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'context'}: ${issue.message}`)
    throw invalid(issues, parsed.error)
  }
  const { organizationId, actor } = parsed.data
  try {
    return tenantScope({ organizationId, actor })
  } catch (error) {
    throw invalid(['organizationId: not an organization id'], error)
  }
}

function invalid(issues: readonly string[], cause: unknown): TenancyError {
  return new TenancyError(
    'CONTEXT_INVALID',
    `This is no captured context: ${issues.join('; ')}. Put what tenancy.captureContext() returned into the job, whole.`,
    { details: { issues }, cause },
  )
}
