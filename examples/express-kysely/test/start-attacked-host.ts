import type { AttackedOrganization, AttackedSite } from '@partywall/testing/http-attacks'
import { createTokenIssuer, createTokenVerifier } from 'host-parts-example'
import { peopleOf, siteOf, type AttackedHost } from 'host-parts-example/attacks'
import { select } from 'host-parts-example/demo'
import { createHost } from '../src/create-host.ts'
import { listen } from '../src/serve.ts'
import { tokenNames } from '../src/tokens.ts'
import { createNotesDatabase } from './create-notes-database.ts'

/** The notes under attack: two organizations, each with a project and a note of its own. */
export async function startAttackedHost(): Promise<Omit<AttackedSite, 'document'> & AsyncDisposable> {
  const database = await createNotesDatabase()
  const { appUrl: databaseUrl, operatorUrl } = database
  const issuer = await createTokenIssuer(tokenNames)
  const verifyToken = createTokenVerifier({ keys: issuer.findKey, ...tokenNames })
  const { origin, close } = await listen(
    createHost({ databaseUrl, operatorUrl, verifyToken, writeLog: () => undefined }),
  )
  const admin = (sql: string, values: readonly unknown[] = []): Promise<object[]> =>
    select(operatorUrl, sql, [...values])
  const host: AttackedHost = {
    origin,
    issuer,
    names: tokenNames,
    admin,
    signUp: ({ id, email }) => admin('insert into users (id, email) values ($1, $2)', [id, email]),
  }
  const victim = await populate(host, 'acme')
  const rival = await populate(host, 'globex')
  return {
    ...(await siteOf(host, { victim, rival })),
    async [Symbol.asyncDispose]() {
      await close()
      await database[Symbol.asyncDispose]()
    },
  }
}

async function populate(host: AttackedHost, slug: string): Promise<AttackedOrganization> {
  const marker = `marked-${slug}`
  const [project] = (await host.admin(
    `with project as (
       insert into projects (org_id, name) select id, $2 from partywall.organizations where slug = $1 returning id, org_id
     ), note as (insert into notes (org_id, project_id, body) select org_id, id, $2 from project)
     select id, org_id::text as organization from project`,
    [slug, marker],
  )) as { id: number; organization: string }[]
  const { id: projectId = 0, organization: id = '' } = project ?? {}
  return await peopleOf(host, {
    id,
    slug,
    marker,
    idFor: ({ in: where }) => (where === 'path' ? projectId : undefined),
  })
}
