import { findHostUser, insertOrganization } from '@partywall/organizations'
import { exitCode, usageError, type Command, type CommandContext } from '@partywall/rls-migrations'
import { withConvertedDatabase } from './converted-database.ts'

/** `partywall organizations create`: one more organization, owned by a user whom the service has. */
export const organizationsCreateCommand: Command = {
  name: 'organizations create',
  summary: 'create an organization and make a user its owner; possible from contract on',
  options: {
    slug: { type: 'string', value: 'slug', summary: 'its unique name: lower-case letters, digits and hyphens' },
    name: { type: 'string', value: 'name', summary: 'its name for people (default: the slug)' },
    id: { type: 'string', value: 'id', summary: "the row that it is, where the root is a table of the service's own" },
    owner: { type: 'string', value: 'email', summary: 'the e-mail address of its owner' },
  },
  run: async (context) => {
    const slug = required(context, 'slug')
    const email = required(context, 'owner')
    const { name, id } = context.options
    const created = await withConvertedDatabase(
      context,
      'partywall organizations create',
      async ({ run, schema, users }) => {
        const { userId } = await findHostUser(run, users, email)
        return await insertOrganization(
          run,
          {
            slug,
            name: typeof name === 'string' ? name : slug,
            owner: { userId },
            ...(typeof id === 'string' ? { id } : {}),
          },
          schema,
        )
      },
    )
    const organization = { id: created.id, slug: created.slug, name: created.name }
    return {
      exitCode: exitCode.ok,
      document: { organization, owner: email },
      text: `Created ${created.slug} (${created.id}), owned by ${email}.\n`,
    }
  },
}

function required({ options }: CommandContext, name: string): string {
  const value = options[name]
  if (typeof value === 'string' && value !== '') return value
  throw usageError(`--${name} is missing. See: partywall organizations create --help`)
}
