import { select } from 'host-parts-example/demo'
import type { StartStoryHost, StoryOrganization } from 'host-parts-example/story'
import { createHost } from '../src/create-host.ts'
import { listen } from '../src/serve.ts'
import { createNotesDatabase } from './create-notes-database.ts'

/** The notes for the story: a project of each organization has its slug in its name. */
export const startStoryHost: StartStoryHost = async (stage) => {
  const database = await createNotesDatabase()
  const { appUrl: databaseUrl, operatorUrl } = database
  const { origin, close } = await listen(createHost({ databaseUrl, operatorUrl, ...stage }))
  const organizations = await select<{ id: string; slug: string }>(
    operatorUrl,
    `update projects set name = 'acme ' || id;
     insert into projects (org_id, name) select id, 'globex ' || n from partywall.organizations, generate_series(1, 3) n
     where slug = 'globex'`,
  ).then(() => select<{ id: string; slug: string }>(operatorUrl, 'select id::text, slug from partywall.organizations'))
  const named = (slug: string, ownerId: string): StoryOrganization => {
    return { id: organizations.find((one) => one.slug === slug)?.id ?? '', slug, ownerId, mark: slug }
  }
  return {
    origin,
    mine: named('acme', 'ada'),
    other: named('globex', 'bob'),
    list: '/projects',
    marksOf: (body) => (body as { name: string }[]).map(({ name }) => name.split(' ')[0] ?? ''),
    item: '/projects/1',
    write: { path: '/projects', body: { name: 'acme by the story' } },
    async signUp({ id, email }) {
      await select(operatorUrl, 'insert into users (id, email) values ($1, $2)', [id, email])
    },
    async [Symbol.asyncDispose]() {
      await close()
      await database[Symbol.asyncDispose]()
    },
  }
}
