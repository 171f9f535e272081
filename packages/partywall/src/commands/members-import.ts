import { importMembers, type MemberImportResult, type Role } from '@partywall/organizations'
import { exitCode, usageError, type Command, type CommandContext } from '@partywall/rls-migrations'
import { withConvertedDatabase } from './converted-database.ts'

const roles: readonly Role[] = ['owner', 'admin', 'member', 'viewer']

/** `partywall members import`: the users whom the service has become members of the default organization. */
export const membersImportCommand: Command = {
  name: 'members import',
  summary: 'make the users that exist members of the default organization; may be repeated',
  options: {
    owner: {
      type: 'string',
      value: 'email',
      summary: 'who owns it (default: the user with the lowest id, while nobody does)',
    },
    role: {
      type: 'string',
      value: 'role',
      summary: 'what all others become: member (default), viewer, admin or owner',
    },
    'dry-run': { type: 'boolean', summary: 'count, and change nothing' },
  },
  run: async (context) => {
    const owner = textOption(context, 'owner')
    const role = readRole(textOption(context, 'role') ?? 'member')
    const dryRun = context.options['dry-run'] === true
    const result = await withConvertedDatabase(context, 'partywall members import', ({ run, schema, users }) =>
      importMembers(run, { users, owner, role, dryRun }, schema),
    )
    return { exitCode: exitCode.ok, document: { ...result }, text: describe(result, owner) }
  },
}

function textOption({ options }: CommandContext, name: string): string | undefined {
  const value = options[name]
  return typeof value === 'string' && value !== '' ? value : undefined
}

function readRole(text: string): Role {
  const role = roles.find((one) => one === text)
  if (role === undefined) throw usageError(`--role takes ${roles.join(', ')}, not ${JSON.stringify(text)}.`)
  return role
}

function describe({ imported, alreadyMembers, owner, dryRun }: MemberImportResult, asked: string | undefined): string {
  const did = dryRun ? 'would become' : 'became'
  const lines = [`${imported} users ${did} members, ${alreadyMembers} were members before.`]
  if (owner !== null) lines.push(`The organization ${dryRun ? 'would belong' : 'belongs'} to ${owner}.`)
  if (owner !== null && asked === undefined)
    lines.push('Nobody was named: it is the user with the lowest id. To name the owner: --owner <email>')
  return `${lines.join('\n')}\n`
}
