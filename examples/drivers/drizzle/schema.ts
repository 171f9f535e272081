import { relations, sql } from 'drizzle-orm'
import { integer, pgTable, text, uuid } from 'drizzle-orm/pg-core'

const key = () => uuid('id').primaryKey().defaultRandom()
/** Filled by the database; the service never writes it. */
const organization = () =>
  uuid('org_id')
    .notNull()
    .default(sql`partywall.current_tenant_id()`)

export const repositories = pgTable('repositories', {
  id: key(),
  orgId: organization(),
  name: text('name').notNull(),
  stars: integer('stars').notNull().default(0),
})

export const testRuns = pgTable('test_runs', {
  id: key(),
  orgId: organization(),
  repositoryId: uuid('repository_id').notNull(),
  outcome: text('outcome').notNull(),
})

export const repositoryRelations = relations(repositories, ({ many }) => ({ testRuns: many(testRuns) }))

export const testRunRelations = relations(testRuns, ({ one }) => ({
  repository: one(repositories, { fields: [testRuns.repositoryId], references: [repositories.id] }),
}))
