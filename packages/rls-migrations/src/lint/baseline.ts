import { readFile, writeFile } from 'node:fs/promises'
import { TenancyError } from '@partywall/tenancy-core'
import * as z from 'zod'
import type { RoleNames } from '../plan/plan.ts'
import type { LintFinding } from './lint-report.ts'

/** A finding that a team knows and accepts. */
export interface KnownFinding {
  readonly rule: string
  readonly object: string
}

const file = z.object({
  schemaVersion: z.literal(1),
  findings: z.array(z.object({ rule: z.string(), object: z.string() })),
})

/**
 * Reads a baseline.
 *
 * @throws TenancyError `LINT_BASELINE_INVALID` when there is no such file, or it is none.
 */
export async function readBaseline(path: string): Promise<readonly KnownFinding[]> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    throw invalid(path, 'it cannot be read; --write-baseline makes one', error)
  }
  try {
    return file.parse(JSON.parse(text)).findings
  } catch (error) {
    throw invalid(path, 'it is no baseline of this version', error)
  }
}

function invalid(path: string, reason: string, cause: unknown): TenancyError {
  return new TenancyError('LINT_BASELINE_INVALID', `The baseline ${path} is of no use: ${reason}.`, { cause })
}

/** Sorted, an entry a line, so that a change of it can be reviewed. */
export async function writeBaseline(path: string, known: readonly KnownFinding[]): Promise<void> {
  const lines = known
    .map(({ rule, object }) => `    ${JSON.stringify({ rule, object })}`)
    .toSorted((one, other) => (one < other ? -1 : 1))
  await writeFile(path, `{\n  "schemaVersion": 1,\n  "findings": [\n${lines.join(',\n')}\n  ]\n}\n`)
}

/** The finding as a baseline has it. Roles carry the name of their database: in a baseline they go by what they are. */
export function asKnown({ rule, object }: LintFinding, roles: RoleNames): KnownFinding {
  const named = Object.entries(roles).filter(([, name]) => name !== 'public')
  return { rule, object: named.reduce((text, [part, name]) => text.replaceAll(name, `<${part}>`), object) }
}

export interface ComparedWithBaseline {
  readonly fresh: readonly LintFinding[]
  readonly known: readonly LintFinding[]
  /** Entries that nothing matches any more. */
  readonly stale: readonly KnownFinding[]
}

/** Tells what is new from what is known, and what is known no longer there. */
export function compareWithBaseline(
  findings: readonly LintFinding[],
  baseline: readonly KnownFinding[],
  roles: RoleNames,
): ComparedWithBaseline {
  const keyOf = ({ rule, object }: KnownFinding): string => `${rule}\0${object}`
  const entries = new Set(baseline.map(keyOf))
  const keys = findings.map((finding) => keyOf(asKnown(finding, roles)))
  const present = new Set(keys)
  return {
    fresh: findings.filter((_, at) => !entries.has(keys[at] as string)),
    known: findings.filter((_, at) => entries.has(keys[at] as string)),
    stale: baseline.filter((entry) => !present.has(keyOf(entry))),
  }
}
