import { importMembers, type MemberImport, type MemberImportResult, type Role } from '@partywall/organizations'
import { exitCode, usageError, type Command, type CommandContext } from '@partywall/rls-migrations'
import { withConvertedDatabase } from './converted-database.ts'

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
    'beside-other-owners': { type: 'boolean', summary: 'with --owner, where somebody else is an owner already' },
    role: {
      type: 'string',
      value: 'role',
      summary: 'what all others become: member (default), viewer, admin, owner, or a role of yours',
    },
    'role-column': {
      type: 'string',
      value: 'column',
      summary: 'the column of your users table that has roles; see --role-map',
    },
    'role-map': {
      type: 'string',
      value: 'value=role,...',
      summary: 'what each value of --role-column becomes, * for all others; a user without one becomes --role',
    },
    'dry-run': { type: 'boolean', summary: 'say what would change, and change nothing' },
  },
  run: async (context) => {
    const owner = textOption(context, 'owner')
    const role = readRole(textOption(context, 'role') ?? 'member')
    const roles = readRoles(textOption(context, 'role-column'), textOption(context, 'role-map'))
    const besideOtherOwners = context.options['beside-other-owners'] === true
    const dryRun = context.options['dry-run'] === true
    const result = await withConvertedDatabase(context, 'partywall members import', ({ run, schema, users }) =>
      importMembers(run, { users, owner, besideOtherOwners, role, roles, dryRun }, schema),
    )
    return { exitCode: exitCode.ok, document: { ...result }, text: describe(result, owner) }
  },
}

function textOption({ options }: CommandContext, name: string): string | undefined {
  const value = options[name]
  return typeof value === 'string' && value !== '' ? value : undefined
}

function readRole(text: string): Role {
  if (/^[a-z][a-z0-9-]{0,62}$/.test(text)) return text
  throw usageError(`${JSON.stringify(text)} is no role: owner, admin, member, viewer, or one of yours.`)
}

function readRoles(column: string | undefined, map: string | undefined): MemberImport['roles'] {
  if (column === undefined && map === undefined) return undefined
  if (column === undefined || map === undefined) throw usageError('--role-column and --role-map go together.')
  const entries = map.split(',').map((entry): [string, Role] => {
    const at = entry.lastIndexOf('=')
    if (at < 1) throw usageError(`--role-map takes value=role,value=role, not ${JSON.stringify(map)}.`)
    return [entry.slice(0, at).trim(), readRole(entry.slice(at + 1).trim())]
  })
  return { column, map: Object.fromEntries(entries) }
}

function describe(result: MemberImportResult, asked: string | undefined): string {
  const { imported, alreadyMembers, owner, dryRun, roles, kept } = result
  const did = dryRun ? 'would become' : 'became'
  const lines = [`${imported} users ${did} members, ${alreadyMembers} were members before.`]
  for (const [role, count] of Object.entries(roles)) lines.push(`  ${role}: ${count}`)
  if (kept > 0) lines.push(`${kept} of the members before have another role than they would be given, and keep it.`)
  if (owner !== null) lines.push(`The organization ${dryRun ? 'would belong' : 'belongs'} to ${owner}.`)
  if (owner !== null && asked === undefined)
    lines.push('Nobody was named: it is the user with the lowest id. To name the owner: --owner <email>')
  return `${lines.join('\n')}\n`
}
