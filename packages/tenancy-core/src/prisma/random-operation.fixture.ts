import * as fc from 'fast-check'
import { idOf } from './filter-database.fixture.ts'

/** The models that random operations start from. */
export type ModelName = 'repository' | 'settings' | 'test' | 'person' | 'label'

/** An operation in two forms that mean the same: with the tenant in every key, and with keys that leave it out. */
export interface RandomOperation {
  readonly model: ModelName
  readonly operation: string
  readonly args: (keys: KeyForm) => object
}

/** How a key with the tenant is written: whole, or as the fields beside the tenant. */
export type KeyForm = (name: string, fields: object) => object

type Build = (keys: KeyForm) => object
type Conditions = Record<ModelName, fc.Arbitrary<object>>

const relationsOf = {
  repository: [
    { field: 'tests', target: 'test', list: true },
    { field: 'settings', target: 'settings', list: false },
  ],
  settings: [{ field: 'repository', target: 'repository', list: false }],
  test: [
    { field: 'repository', target: 'repository', list: false },
    { field: 'parent', target: 'test', list: false },
    { field: 'parts', target: 'test', list: true },
    { field: 'owner', target: 'person', list: false },
    { field: 'labels', target: 'label', list: true },
  ],
  person: [{ field: 'tests', target: 'test', list: true }],
  label: [{ field: 'test', target: 'test', list: false }],
} as const satisfies Record<ModelName, readonly { field: string; target: ModelName; list: boolean }[]>

const id = fc.integer({ min: 1, max: 9 }).map(idOf)
const small = fc.integer({ min: 0, max: 4 })
const optionalId = fc.option(id)

const scalarsOf: Record<ModelName, fc.Arbitrary<object>> = {
  repository: fc.record(
    { name: fc.constantFrom('r1', 'r2', { not: 'r3' }), stars: small.map((gt) => ({ gt })) },
    { requiredKeys: [] },
  ),
  settings: fc.record({ threshold: small.map((lte) => ({ lte })), repositoryId: id }, { requiredKeys: [] }),
  test: fc.record(
    { title: fc.constantFrom('t0', 't1', { in: ['t2', 't3'] }), parentId: optionalId, ownerId: optionalId },
    { requiredKeys: [] },
  ),
  person: fc.record({ email: fc.constantFrom('p1', 'p2', { contains: 'p' }) }, { requiredKeys: [] }),
  label: fc.record({ name: fc.constantFrom('l1', { gt: 'l2' }), testId: optionalId }, { requiredKeys: [] }),
}

const depth = { depthIdentifier: fc.createDepthIdentifier(), maxDepth: 3, depthSize: 'small' } as const

const { repository, settings, test, person, label } = fc.letrec<Record<ModelName, object>>((tie) => {
  const condition = (model: ModelName): fc.Arbitrary<object> => {
    const related = relationsOf[model].map(({ field, target, list }) =>
      fc
        .tuple(list ? fc.constantFrom('some', 'none', 'every') : fc.constantFrom('is', 'isNot', undefined), tie(target))
        .map(([quantifier, inner]) => ({ [field]: quantifier === undefined ? inner : { [quantifier]: inner } })),
    )
    const combined = fc
      .tuple(fc.constantFrom('AND', 'OR', 'NOT'), fc.array(tie(model), { minLength: 1, maxLength: 2 }))
      .map(([word, parts]) => ({ [word]: parts }))
    return fc.oneof(
      { ...depth, withCrossShrink: true },
      scalarsOf[model],
      ...related,
      combined,
      fc.tuple(scalarsOf[model], tie(model)).map(([scalars, more]) => ({ ...more, ...scalars })),
    )
  }
  return {
    repository: condition('repository'),
    settings: condition('settings'),
    test: condition('test'),
    person: condition('person'),
    label: condition('label'),
  }
})

const conditionOf: Conditions = { repository, settings, test, person, label }

/** Related rows, to a depth of two: the order of a list is that of the database, and the comparison sorts. */
function selectionOf(model: ModelName, levels = 2): fc.Arbitrary<object> {
  const chosen = relationsOf[model].map(({ field, target, list }) => {
    const nested = levels > 1 ? selectionOf(target, levels - 1) : fc.constant({})
    const args = fc.tuple(nested, fc.option(conditionOf[target], { nil: undefined })).map(([inner, where]) => ({
      ...inner,
      ...(list && where !== undefined && { where }),
    }))
    return [field, fc.oneof(fc.constant(true), args)] as const
  })
  const lists = relationsOf[model].filter(({ list }) => list).map(({ field }) => field)
  const counts = fc.constantFrom(undefined, { select: Object.fromEntries(lists.map((field) => [field, true])) })
  return fc
    .tuple(fc.record(Object.fromEntries(chosen), { requiredKeys: [] }), counts)
    .map(([include, count]) => ({ ...include, ...(count && lists.length > 0 && { _count: count }) }))
    .map((include) => (Object.keys(include).length === 0 ? {} : { include }))
}

const key: Record<ModelName, fc.Arbitrary<Build>> = {
  repository: fc.oneof(
    id.map(
      (value): Build =>
        (keys) =>
          keys('orgId_id', { id: value }),
    ),
    fc.constantFrom('r1', 'r2', 'r9').map(
      (name): Build =>
        (keys) =>
          keys('orgId_name', { name }),
    ),
  ),
  settings: id.map(
    (repositoryId): Build =>
      (keys) =>
        keys('orgId_repositoryId', { repositoryId }),
  ),
  test: id.map(
    (value): Build =>
      (keys) =>
        keys('orgId_id', { id: value }),
  ),
  person: fc.constantFrom('p1', 'p2', 'p9').map((email): Build => () => ({ email })),
  label: fc.oneof(
    fc.constantFrom(101, 102, 201, 202).map((n): Build => () => ({ id: idOf(n) })),
    fc.constantFrom('l1', 'l2', 'l9').map(
      (name): Build =>
        (keys) =>
          keys('orgId_name', { name }),
    ),
  ),
}

const models = fc.constantFrom<ModelName>('repository', 'settings', 'test', 'person', 'label')

/** Reads of every kind. */
export const randomRead: fc.Arbitrary<RandomOperation> = models.chain((model) =>
  fc.oneof(
    fc
      .tuple(fc.constantFrom('findMany', 'findFirst'), conditionOf[model], selectionOf(model))
      .map(([operation, where, selection]): RandomOperation => {
        const orderBy = model === 'settings' ? { repositoryId: 'asc' } : { id: 'asc' }
        return { model, operation, args: () => ({ where, ...selection, orderBy }) }
      }),
    fc.tuple(key[model], selectionOf(model)).map(([where, selection]): RandomOperation => ({
      model,
      operation: 'findUnique',
      args: (keys) => ({ where: where(keys), ...selection }),
    })),
    conditionOf[model].map((where): RandomOperation => ({ model, operation: 'count', args: () => ({ where }) })),
    fc.tuple(scalarsOf[model], fc.constantFrom(...groupsOf(model))).map(([where, by]): RandomOperation => ({
      model,
      operation: 'groupBy',
      args: () => ({ by: [by], where, _count: { _all: true } }),
    })),
  ),
)

function groupsOf(model: ModelName): readonly string[] {
  return {
    repository: ['name', 'stars'],
    settings: ['threshold'],
    test: ['title', 'ownerId'],
    person: ['email'],
    label: ['name'],
  }[model]
}

const titles = fc.constantFrom('t0', 'new')
const fresh = fc.constantFrom(50, 51, 52).map(idOf)

/** A test below a repository, with what may hang on it. */
const newTest: fc.Arbitrary<Build> = fc
  .tuple(
    fresh,
    titles,
    fc.option(key.label, { nil: undefined }),
    fc.option(fc.constantFrom('p1', 'p9'), { nil: undefined }),
  )
  .map(([value, title, label, email]): Build => (keys) => ({
    id: value,
    title,
    ...(label && { labels: { connect: label(keys) } }),
    ...(email && { owner: { connect: { email } } }),
  }))

const testWrites: fc.Arbitrary<Build> = fc.oneof(
  newTest.map((build): Build => (keys) => ({ create: build(keys) })),
  fc.tuple(fresh, titles).map(([value, title]): Build => () => ({ createMany: { data: [{ id: value, title }] } })),
  fc.tuple(key.test, newTest).map(([where, build]): Build => (keys) => ({
    connectOrCreate: { where: where(keys), create: build(keys) },
  })),
  key.test.map((where): Build => (keys) => ({ connect: where(keys) })),
  key.test.map((where): Build => (keys) => ({ delete: where(keys) })),
  fc.tuple(key.test, titles).map(([where, title]): Build => (keys) => ({
    update: { where: where(keys), data: { title } },
  })),
  scalarsOf.test.map((where): Build => () => ({ deleteMany: where })),
  fc.tuple(scalarsOf.test, titles).map(([where, title]): Build => () => ({ updateMany: { where, data: { title } } })),
  fc.tuple(key.test, newTest, titles).map(([where, build, title]): Build => (keys) => ({
    upsert: { where: where(keys), create: build(keys), update: { title } },
  })),
)

const repositoryData: fc.Arbitrary<Build> = fc
  .tuple(fc.constantFrom('r1', 'new'), small, fc.option(testWrites, { nil: undefined }))
  .map(([name, stars, tests]): Build => (keys) => ({ name, stars, ...(tests && { tests: tests(keys) }) }))

const newRepository: fc.Arbitrary<Build> = fc
  .tuple(
    fresh,
    fc.constantFrom('r1', 'new', 'r9'),
    fc.option(newTest, { nil: undefined }),
    fc.option(small, { nil: undefined }),
  )
  .map(([value, name, child, threshold]): Build => (keys) => ({
    id: value,
    name,
    ...(child && { tests: { create: [child(keys)] } }),
    ...(threshold !== undefined && { settings: { create: { threshold } } }),
  }))

const write = (model: ModelName, operation: string, args: Build): RandomOperation => ({ model, operation, args })

/** Writes of every kind, with what they write below relations. */
export const randomWrite: fc.Arbitrary<RandomOperation> = fc.oneof(
  newRepository.map((data) => write('repository', 'create', (keys) => ({ data: data(keys) }))),
  fc
    .tuple(key.repository, repositoryData)
    .map(([where, data]) => write('repository', 'update', (keys) => ({ where: where(keys), data: data(keys) }))),
  fc
    .tuple(key.repository, newRepository, repositoryData)
    .map(([where, create, update]) =>
      write('repository', 'upsert', (keys) => ({ where: where(keys), create: create(keys), update: update(keys) })),
    ),
  fc
    .tuple(key.repository, newTest)
    .map(([where, data]) =>
      write('test', 'create', (keys) => ({ data: { ...data(keys), repository: { connect: where(keys) } } })),
    ),
  fc.tuple(fc.array(fresh, { maxLength: 2 }), id, titles).map(([ids, repositoryId, title]) =>
    write('test', 'createMany', () => ({
      data: ids.map((value) => ({ id: value, repositoryId, title })),
      skipDuplicates: true,
    })),
  ),
  fc.tuple(key.person, key.test, titles).map(([where, tests, title]) =>
    write('person', 'update', (keys) => ({
      where: where(keys),
      data: {
        tests: {
          update: { where: tests(keys), data: { title } },
          updateMany: { where: { title }, data: { title: 'x' } },
        },
      },
    })),
  ),
  fc.tuple(key.repository, small).map(([where, threshold]) =>
    write('repository', 'update', (keys) => ({
      where: where(keys),
      data: { settings: { upsert: { create: { threshold }, update: { threshold: { increment: 1 } } } } },
    })),
  ),
  fc
    .tuple(models, fc.constantFrom('delete'))
    .chain(([model]) => key[model].map((where) => write(model, 'delete', (keys) => ({ where: where(keys) })))),
  models.chain((model) => conditionOf[model].map((where) => write(model, 'deleteMany', () => ({ where })))),
  conditionOf.test.map((where) => write('test', 'updateMany', () => ({ where, data: { title: 'all' } }))),
  conditionOf.repository.map((where) =>
    write('repository', 'updateManyAndReturn', () => ({ where, data: { stars: { increment: 7 } } })),
  ),
)
