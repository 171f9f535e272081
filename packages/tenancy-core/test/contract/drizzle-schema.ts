import { relations, sql } from 'drizzle-orm'
import { pgTable, text, uuid } from 'drizzle-orm/pg-core'

const key = () => uuid('id').primaryKey().defaultRandom()
const organization = () =>
  uuid('org_id')
    .notNull()
    .default(sql`partywall.current_tenant_id()`)

export const repositories = pgTable('repositories', {
  id: key(),
  organizationId: organization(),
  name: text('name').notNull(),
})

export const tests = pgTable('tests', {
  id: key(),
  organizationId: organization(),
  repositoryId: uuid('repository_id').notNull(),
  title: text('title').notNull(),
})

const repositoryRelations = relations(repositories, ({ many }) => ({ tests: many(tests) }))

const testRelations = relations(tests, ({ one }) => ({
  repository: one(repositories, { fields: [tests.repositoryId], references: [repositories.id] }),
}))

/** The schema of the contract, as Drizzle is told it. */
export const drizzleSchema = { repositories, tests, repositoryRelations, testRelations }
