import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTenancy } from '@partywall/tenancy-core'
import type { Tenancy } from '@partywall/tenancy-core'
import type { CliIo, CliPorts, OpenSession, Plan, ResolvedConfig, ThrowawayDatabase } from '../../src/index.ts'
import { openSession, readConversion, resolveConfig } from '../../src/index.ts'
import { roleNames } from '../../src/plan/plan-conversion.ts'
import { convert, createOwnedDatabase } from '../owned-database.ts'
import type { OwnedDatabase } from '../owned-database.ts'

/** The names that the examples of this package use without declaring them. */
export interface ConversionNames {
  readonly session: OpenSession
  readonly plan: Plan
  readonly config: ResolvedConfig
  readonly ownerUrl: string
  readonly adminUrl: string
  readonly appUrl: string
  readonly tenancy: Tenancy
  /** An empty one. */
  readonly database: ThrowawayDatabase
  readonly cwd: string
  readonly io: CliIo
  readonly ports: CliPorts
}

/** What a database holds when an example is read. */
export type Content = 'nothing' | 'tables' | 'conversion'

const schema = `
create table users (id int primary key, email text not null unique);
create table projects (id int primary key, name text not null unique, owner_id int references users (id));
insert into users values (1, 'ada@example.com'), (2, 'bob@example.com');
insert into projects values (1, 'web', 1), (2, 'app', 2);`

/** A database, and what an example is given over it. */
export interface ConversionStage extends AsyncDisposable {
  readonly open: () => Promise<ConversionNames & AsyncDisposable>
}

export async function openStage(content: Content): Promise<ConversionStage> {
  const owned = await createOwnedDatabase({ text: content === 'nothing' ? 'select 1;' : schema })
  const config = content === 'nothing' ? {} : { users: { table: 'users' } }
  if (content === 'conversion') await (await convert(owned, 'enforce', config)).session.close()
  const folder = await mkdtemp(join(tmpdir(), 'partywall-example-'))
  await writeFile(join(folder, 'shop.sql'), schema)
  const { url: appUrl } = await owned.login(content === 'conversion' ? [roleNames(owned.name).app] : [])
  return {
    open: () => openNames({ owned, folder, appUrl, config: resolveConfig(config) }),
    [Symbol.asyncDispose]: async () => {
      await owned[Symbol.asyncDispose]()
      await rm(folder, { recursive: true })
    },
  }
}

interface StageParts {
  readonly owned: OwnedDatabase
  readonly folder: string
  readonly appUrl: string
  readonly config: ResolvedConfig
}

async function openNames({
  owned: { ownerUrl, adminUrl },
  folder,
  appUrl,
  config,
}: StageParts): Promise<ConversionNames & AsyncDisposable> {
  const session = await openSession({ url: ownerUrl, applicationName: 'an example' })
  const { plan } = await readConversion(session, config)
  const tenancy = createTenancy({ pool: { connectionString: appUrl, max: 2 } })
  return {
    session,
    plan,
    config,
    ownerUrl,
    adminUrl,
    appUrl,
    tenancy,
    database: { ownerUrl, adminUrl, [Symbol.asyncDispose]: async () => undefined },
    cwd: folder,
    io: ioOf(folder),
    ports: { startThrowawayDatabase: () => Promise.reject(new Error('no server')) },
    [Symbol.asyncDispose]: async () => {
      await tenancy.close()
      await session.close()
    },
  }
}

function ioOf(cwd: string): CliIo {
  return {
    write: () => undefined,
    writeError: () => undefined,
    isLive: false,
    isInteractive: false,
    ask: () => Promise.reject(new Error('nobody is there')),
    env: {},
    cwd,
  }
}
