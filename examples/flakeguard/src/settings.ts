import { matchesGlob } from 'node:path'
import * as z from 'zod'

const share = z.number().min(0).max(1)
const glob = z
  .string()
  .min(1)
  .max(200)
  .refine(
    (pattern) => !pattern.startsWith('/') && !pattern.split('/').includes('..'),
    'Expected a glob in the repository',
  )

const quarantine = {
  enabled: z.boolean(),
  /** A test is quarantined only when it was seen so often. */
  minimumRuns: z.number().int().min(1).max(10_000),
  /** For so long, if nobody releases it earlier. */
  days: z.number().int().min(1).max(365),
  /** Never more of a suite than that: a broken build is no flake. */
  maximumShare: share,
}

const policySchema = z.strictObject({
  name: z.string().min(1).max(100),
  include: z.array(glob).min(1).max(100),
  exclude: z.array(glob).max(100).default([]),
  /** What is left out is as in the rest of the organization. */
  flakeThreshold: share.optional(),
  quarantine: z
    .strictObject({
      enabled: quarantine.enabled.exactOptional(),
      minimumRuns: quarantine.minimumRuns.exactOptional(),
      days: quarantine.days.exactOptional(),
      maximumShare: quarantine.maximumShare.exactOptional(),
    })
    .default({}),
})

/** What a team chooses in FlakeGuard, for all of its repositories. */
export const settingsSchema = z.strictObject({
  /** A test that fails in a larger share of its runs, without a change of the code, is flaky. */
  flakeThreshold: share.default(0.05),
  autoQuarantine: z
    .strictObject({
      enabled: quarantine.enabled.default(false),
      minimumRuns: quarantine.minimumRuns.default(20),
      days: quarantine.days.default(14),
      maximumShare: quarantine.maximumShare.default(0.1),
    })
    .prefault({}),
  slack: z
    .strictObject({
      enabled: z.boolean().default(false),
      /** No webhook URL: that is a secret, which everybody in the team could read here. */
      channel: z
        .string()
        .regex(/^#[\p{L}\p{N}_-]{1,79}$/u, 'Expected a channel, as in #flaky-tests')
        .optional(),
    })
    .refine(({ enabled, channel }) => !enabled || channel !== undefined, {
      path: ['channel'],
      error: 'Expected a channel',
    })
    .prefault({}),
  notifications: z
    .strictObject({
      newFlake: z.boolean().default(true),
      quarantined: z.boolean().default(true),
      digest: z.enum(['never', 'daily', 'weekly']).default('weekly'),
    })
    .prefault({}),
  /** The first that matches a test file decides for it. */
  policies: z.array(policySchema).max(50).default([]),
})

/** What an organization chose, with the defaults. */
export type Settings = z.output<typeof settingsSchema>

/** What holds for a test file. */
export interface FileRules {
  readonly policy: string | undefined
  readonly flakeThreshold: number
  readonly quarantine: Settings['autoQuarantine']
}

/** The rules for a test file, by its path in the repository. */
export function rulesFor(settings: Settings, file: string): FileRules {
  const policy = settings.policies.find(
    ({ include, exclude }) =>
      include.some((pattern) => matchesGlob(file, pattern)) && !exclude.some((pattern) => matchesGlob(file, pattern)),
  )
  return {
    policy: policy?.name,
    flakeThreshold: policy?.flakeThreshold ?? settings.flakeThreshold,
    quarantine: { ...settings.autoQuarantine, ...policy?.quarantine },
  }
}
