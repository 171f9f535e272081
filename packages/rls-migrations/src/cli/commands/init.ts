import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { TenancyError } from '@partywall/tenancy-core'
import { readCatalog } from '../../catalog/read-catalog.ts'
import type { Catalog } from '../../catalog/catalog.ts'
import type { PartywallConfig } from '../../config/conversion-config.ts'
import { renderConfigFile } from '../../config/render-config-file.ts'
import { resolveConfig } from '../../config/resolve-config.ts'
import { openSession } from '../../database/session.ts'
import { planConversion } from '../../plan/plan-conversion.ts'
import type { Command, CommandContext } from '../command.ts'
import { exitCode } from '../exit-code.ts'
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
    const proposed = await askAboutSharing(context, catalog, found)
    const plan = planConversion({ catalog, config: resolveConfig(proposed), defaultOrganizationId: NIL_ID })
    await mkdir(dirname(file), { recursive: true })
    await writeFile(
      file,
      file.endsWith('.json') ? `${JSON.stringify(proposed, null, 2)}\n` : renderConfigFile(proposed, plan),
    )
    return {
      exitCode: exitCode.ok,
      document: { file, config: proposed, tables: plan.tables },
      text: `${tablesText(plan)}\n\nWrote ${file}. Review it, then: partywall plan\n`,
    }
  },
}

/** What can be seen without asking: how the host writes its names, and where its people are. */
export function proposeConfig(catalog: Catalog): PartywallConfig {
  const columns = catalog.tables.flatMap((table) => table.columns.map((column) => column.name))
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
    if (/^y(es)?$/i.test(answer.trim())) shared.push(hazard.object)
  }
  return { ...config, tables: { ...config.tables, shared } }
}
