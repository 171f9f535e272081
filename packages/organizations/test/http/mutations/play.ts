import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { hostNames } from '../hosts.ts'
import type { HostName } from '../hosts.ts'
import type { Stage, StageUrls } from '../stage.ts'
import { findProblem } from './find-problem.ts'
import { applyEdits } from './mutant.ts'
import type { FunctionMutant, PolicyMutant, SourceMutant } from './mutant.ts'

/** Whether the attacks missed a guard on a host. */
export interface Verdict {
  readonly name: string
  readonly host: HostName
  /** What went through; `undefined` when nothing did, and the mutant survived. */
  readonly problem: string | undefined
}

type Record = (verdict: Verdict) => void

/** Every route that asks for a permission, without it. */
export async function playRouteMutants(
  stage: Stage,
  isMeant: (mutant: { readonly name: string }) => boolean,
  record: Record,
): Promise<void> {
  for (const route of stage.routes) {
    const name = `${route.method} ${route.path} asks for no permission`
    if (route.permission === undefined || !isMeant({ name })) continue
    const weak = { ...route, permission: undefined }
    const routes = stage.routes.map((one) => (one === route ? weak : one))
    for (const host of hostNames) {
      record({ name, host, problem: await findProblem({ stage, host, parts: { routes }, routes: [route] }) })
    }
  }
}

export async function playFunctionMutant(stage: Stage, mutant: FunctionMutant, record: Record): Promise<void> {
  const { name, functionName, edits } = mutant
  const [row] = await stage.admin<{ definition: string }>(
    `select pg_get_functiondef(p.oid) as definition from pg_proc p
     where p.pronamespace = 'partywall'::regnamespace and p.proname = $1`,
    [functionName],
  )
  const definition = row?.definition ?? ''
  await stage.admin(applyEdits(definition, edits, functionName))
  try {
    for (const host of hostNames) record({ name, host, problem: await findProblem({ stage, host }) })
  } finally {
    await stage.admin(definition)
  }
}

export async function playPolicyMutant(stage: Stage, { name, table }: PolicyMutant, record: Record): Promise<void> {
  const [policy] = await stage.admin<{ name: string; using: string; check: string | null }>(
    `select policyname as name, qual as using, with_check as check from pg_policies
     where schemaname = 'partywall' and tablename = $1 and permissive = 'RESTRICTIVE'`,
    [table],
  )
  if (policy === undefined) throw new Error(`partywall.${table} has no restrictive policy.`)
  const check = policy.check === null ? '' : `with check (${policy.check})`
  await stage.admin(`alter policy ${policy.name} on partywall.${table} using (true)`)
  try {
    for (const host of hostNames) record({ name, host, problem: await findProblem({ stage, host }) })
  } finally {
    await stage.admin(`alter policy ${policy.name} on partywall.${table} using (${policy.using}) ${check}`)
  }
}

/** In a process of its own, which loads the source without the guard. */
export async function playSourceMutant(urls: StageUrls, { name }: SourceMutant, record: Record): Promise<void> {
  const { appUrl, operatorUrl, adminUrl } = urls
  const child = spawn(
    process.execPath,
    [
      '--conditions=partywall-source',
      `--import=${new URL('./mutate-source.ts', import.meta.url).href}`,
      new URL('./play-source-mutant.ts', import.meta.url).pathname,
    ],
    {
      env: {
        ...process.env,
        PARTYWALL_HTTP_MUTANT: name,
        PARTYWALL_HTTP_STAGE: JSON.stringify({ appUrl, operatorUrl, adminUrl }),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 180_000,
      killSignal: 'SIGKILL',
    },
  )
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')])
  if (!output.startsWith('{')) throw new Error(`The mutant "${name}" was not played: ${errors}`)
  const found = JSON.parse(output) as { readonly [host in HostName]?: string | null }
  for (const [host, problem] of Object.entries(found))
    record({ name, host: host as HostName, problem: problem ?? undefined })
}
