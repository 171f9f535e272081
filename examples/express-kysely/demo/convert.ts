import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { runPartywall, select } from 'host-parts-example/demo'

/** Makes the one team, with its rows, the first of two organizations: by the commands, as a person would. */
export async function convert(ownerUrl: string, { quiet = false } = {}): Promise<void> {
  const directory = fileURLToPath(new URL('..', import.meta.url))
  const partywall = (...args: string[]): Promise<void> =>
    runPartywall({ directory, databaseUrl: ownerUrl, quiet }, args)
  await select(ownerUrl, await readFile(new URL('../database/sample.sql', import.meta.url), 'utf8'))
  await partywall('install', '--yes')
  await partywall('apply', '--to', 'contract', '--yes')
  await partywall('members', 'import', '--owner', 'ada@example.com', '--yes')
  await select(ownerUrl, `insert into users (id, email) values ('bob', 'bob@example.com')`)
  await partywall('organizations', 'create', '--slug', 'globex', '--name', 'Globex', '--owner', 'bob@example.com')
  await partywall('apply', '--to', 'enforce', '--yes')
}
