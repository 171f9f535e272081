import { describe, expect, it } from 'vitest'
import { readSchema } from './read-schema.ts'

const schema = String.raw`
generator client {
  provider        = "prisma-client"
  previewFeatures = ["views"]
}

enum Kind {
  model
  view @map("view { x }")
}

/// A comment { with a brace
model Post {
  id       Int     @id @default(autoincrement()) // @unique
  orgId    String  @default(dbgenerated("coalesce('}', \"id\")")) @map("org_id") @db.VarChar(36)
  slug     String  @unique(map: "slug_key", sort: Desc)
  geometry Unsupported("geometry(Point, 4326)[]")?
  tags     String[] @default(["a", "fields"])
  author   User?   @relation("Wrote", fields: [orgId, authorId], references: [orgId, id], onDelete: SetNull, map: "a_b")
  reviewer User    @relation(name: "Reviewed", references: [id],
    fields: [
      reviewerId
    ])
  authorId String?
  reviewerId String
  /* model Hidden { id Int @id } */
  kind Kind

  @@id([orgId, id])
  @@unique([orgId, slug(sort: Desc), tags(ops: raw("x_ops"))], map: "named")
  @@unique(fields: [orgId, kind], name: "byKind")
  @@unique(name: "bySlug", [slug, kind])
  @@index([orgId, kind])
  @@map("posts")
}

view Latest { id Int @unique }
model User {
  id String @id
  posts Post[] @relation("Wrote")
}
type Address {
  id String
}
`

describe('readSchema', () => {
  const models = readSchema(schema)

  it('finds models and views, and nothing in comments, texts and enums', () => {
    expect([...models.keys()]).toEqual(['Post', 'Latest', 'User'])
    expect([...(models.get('Latest')?.fields.keys() ?? [])]).toEqual(['id'])
  })

  it('tells lists and what may be missing', () => {
    const fields = models.get('Post')?.fields
    const shapes = [...(fields ?? [])].map(([name, { isList, isOptional }]) => [name, isList, isOptional])
    expect(shapes).toEqual([
      ['id', false, false],
      ['orgId', false, false],
      ['slug', false, false],
      ['geometry', false, true],
      ['tags', true, false],
      ['author', false, true],
      ['reviewer', false, false],
      ['authorId', false, true],
      ['reviewerId', false, false],
      ['kind', false, false],
    ])
  })

  it('finds the foreign key of a relation on the side that holds it', () => {
    const fields = models.get('Post')?.fields
    expect(fields?.get('author')?.foreignKey).toEqual(['orgId', 'authorId'])
    expect(fields?.get('reviewer')?.foreignKey).toEqual(['reviewerId'])
    expect(models.get('User')?.fields.get('posts')?.foreignKey).toEqual([])
  })

  it('knows unique keys by the names that Prisma gives them', () => {
    expect(models.get('Post')?.keys).toEqual([
      { name: 'id', fields: ['id'] },
      { name: 'slug', fields: ['slug'] },
      { name: 'orgId_id', fields: ['orgId', 'id'] },
      { name: 'orgId_slug_tags', fields: ['orgId', 'slug', 'tags'] },
      { name: 'byKind', fields: ['orgId', 'kind'] },
      { name: 'bySlug', fields: ['slug', 'kind'] },
    ])
  })
})
