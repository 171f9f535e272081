import type { CommandOption } from './command.ts'

/** Options that every command takes. */
export const commonOptions: Readonly<Record<string, CommandOption>> = {
  'database-url': {
    type: 'string',
    value: 'url',
    summary: 'the database, as the owner of the tables (or DATABASE_URL)',
  },
  'app-url': { type: 'string', value: 'url', summary: 'the database, as the application (or PARTYWALL_APP_URL)' },
  config: {
    type: 'string',
    value: 'file',
    summary: 'the configuration (default: partywall.config.ts, when there is one)',
  },
  yes: { type: 'boolean', summary: 'never ask' },
  json: { type: 'boolean', summary: 'one JSON document on standard output' },
  help: { type: 'boolean', summary: 'this text' },
}
