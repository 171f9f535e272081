import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { TenancyError } from '@partywall/tenancy-core'
import { readCatalog } from '../../catalog/read-catalog.ts'
import type { Catalog, Table } from '../../catalog/catalog.ts'
import { findRootCandidate } from '../../classify/find-root-candidate.ts'
import { proposeRoot } from '../../classify/propose-root.ts'
import type { PartywallConfig } from '../../config/conversion-config.ts'
import { toolOf } from '../../classify/bookkeeping.ts'
import { renderConfigFile } from '../../config/render-config-file.ts'
import { resolveConfig } from '../../config/resolve-config.ts'
import { openSession } from '../../database/session.ts'
import { planConversion } from '../../plan/plan-conversion.ts'
import type { Command, CommandContext } from '../command.ts'
import { exitCode } from '../exit-code.ts'
import { displayName } from '../../sql/identifier.ts'
import { tablesText } from '../report-plan.ts'

const NIL_ID = '00000000-0000-0000-0000-000000000000'

export const initCommand: Command = {
  name: 'init',
  summary: 'look at the database and write a configuration for review',
  options: { force: { type: 'boolean', summary: 'overwrite a configuration that exists' } },
  run: async (context) => {
    const file = resolve(
      context.io.cwd,
      typeof context.options['config'] === 'string' ? context.options['config'] : 'partywall.config.ts',
    )
    if (existsSync(file) && context.options['force'] !== true) {
      throw new TenancyError(
        'CONFIG_EXISTS',
        `${file} exists already. Nothing was written; pass --force to overwrite it.`,
        { details: { file } },
      )
    }
    await using session = await openSession({ url: context.databaseUrl(), applicationName: 'partywall init' })
    const catalog = await readCatalog(session, { controlSchema: 'partywall' })
    const found = proposeConfig(catalog)
    const candidate = findRootCandidate(catalog)
    const rooted = await askAboutRoot(context, catalog, { config: found, candidate })
    const proposed = await askAboutSharing(context, catalog, rooted)
    const plan = planConversion({ catalog, config: resolveConfig(proposed), defaultOrganizationId: NIL_ID })
    await mkdir(dirname(file), { recursive: true })
    await writeFile(
      file,
      file.endsWith('.json') ? `${JSON.stringify(proposed, null, 2)}\n` : renderConfigFile(proposed, plan),
    )
    return {
      exitCode: exitCode.ok,
      document: {
        file,
        config: proposed,
        tables: plan.tables,
        rootCandidate: candidate === undefined ? null : displayName(candidate),
      },
      text: `${tablesText(plan)}\n\n${candidateText(candidate, proposed)}Wrote ${file}. Review it, then: partywall plan\n`,
    }
  },
}

/** What can be seen without asking: how the host writes its names, and where its people are. */
export function proposeConfig(catalog: Catalog): PartywallConfig {
  const columns = catalog.tables
    .filter((table) => toolOf(table) === undefined)
    .flatMap((table) => table.columns.map((column) => column.name))
  const camel = columns.filter((name) => /[a-z][A-Z]/.test(name)).length
  const snake = columns.filter((name) => /[a-z]_[a-z]/.test(name)).length
  const tenantColumn = camel > snake ? 'orgId' : 'org_id'
  const plan = planConversion({ catalog, config: resolveConfig({ tenantColumn }), defaultOrganizationId: NIL_ID })
  const users = plan.settings.users
  return {
    tenantColumn,
    defaultOrganization: { slug: 'default', name: 'Default organization' },
    ...(users === null
      ? {}
      : {
          users: {
            table: users.schema === 'public' ? users.name : `${users.schema}.${users.name}`,
            id: users.id,
            email: users.email,
          },
        }),
    tables: { shared: [], skipped: [] },
  }
}

/** What a table that looks like a root means, when nobody was there to say whether it is one. */
function candidateText(candidate: Table | undefined, config: PartywallConfig): string {
  if (candidate === undefined || config.root !== undefined) return ''
  const name = displayName(candidate)
  return `${name} looks like a table of organizations. If each of its rows is one, add to the configuration: root: { table: ${JSON.stringify(name)} }\n\n`
}

/**
 * Asks whether a table that looks like it is the root. Without an answer it is not: all rows then belong to one
 * organization, and nobody sees less than before.
 */
async function askAboutRoot(
  { io, yes, json }: CommandContext,
  catalog: Catalog,
  { config, candidate }: { readonly config: PartywallConfig; readonly candidate: Table | undefined },
): Promise<PartywallConfig> {
  if (candidate === undefined || yes || json || !io.isInteractive) return config
  const name = displayName(candidate)
  if (!isYes(await io.ask(`${name} looks like a table of organizations. Is each of its rows one? [y/N] `)))
    return config
  const { config: rooted, unreachable } = proposeRoot(catalog, config, candidate)
  const lists = { shared: [] as string[], skipped: [] as string[] }
  for (const table of unreachable.map(displayName)) {
    const answer = await io.ask(
      `No foreign key leads from ${table} to ${name}. May every organization read it, and none write it? (No keeps it from all.) [y/N] `,
    )
    lists[isYes(answer) ? 'shared' : 'skipped'].push(table)
  }
  return { ...rooted, tables: lists }
}

function isYes(answer: string): boolean {
  return /^y(es)?$/i.test(answer.trim())
}

/** Only a person knows whether every organization may read a list; without one it stays isolated. */
async function askAboutSharing(
  { io, yes, json }: CommandContext,
  catalog: Catalog,
  config: PartywallConfig,
): Promise<PartywallConfig> {
  if (yes || json || !io.isInteractive) return config
  const plan = planConversion({ catalog, config: resolveConfig(config), defaultOrganizationId: NIL_ID })
  const shared: string[] = []
  for (const hazard of plan.hazards.filter((one) => one.id === 'maybe-shared')) {
    const answer = await io.ask(
      `${hazard.object} looks like a list of values. May every organization read it, and none write it? [y/N] `,
    )
    if (isYes(answer)) shared.push(hazard.object)
  }
  return { ...config, tables: { ...config.tables, shared: [...(config.tables?.shared ?? []), ...shared] } }
}
