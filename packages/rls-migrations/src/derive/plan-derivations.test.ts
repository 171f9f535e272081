import { describe, expect, it } from 'vitest'
import type { Catalog, Column, ForeignKey, Table } from '../catalog/catalog.ts'
import type { PartywallConfig } from '../config/conversion-config.ts'
import { resolveConfig } from '../config/resolve-config.ts'
import type { FoundRoot } from './adopted-root.ts'
import type { Derivation } from './derivation.ts'
import { planDerivations } from './plan-derivations.ts'

type Reference = readonly [column: string, to: string, optional?: 'optional']

function column(name: string, notNull: boolean): Column {
  return { name, type: 'bigint', baseType: 'bigint', notNull, default: null, identity: '', generated: false }
}

function table(name: string, ...references: readonly Reference[]): Table {
  return {
    schema: 'public',
    name,
    kind: 'table',
    columns: [column('id', true), ...references.map(([to, , optional]) => column(to, optional === undefined))],
    keys: [],
    foreignKeys: references.map(
      ([from, to]): ForeignKey =>
        ({
          name: `${name}_${from}_fkey`,
          columns: [from],
          references: { schema: 'public', name: to },
          referencedColumns: ['id'],
          comparisons: [],
          validated: true,
          enforced: true,
          temporal: false,
        }) as unknown as ForeignKey,
    ),
  } as unknown as Table
}

const teams = table('teams')
const root: FoundRoot = {
  table: teams,
  root: { schema: 'public', name: 'teams', id: 'id', label: null, slug: null },
  keyType: 'bigint',
}

function derive(tables: readonly Table[], more: PartywallConfig = {}): readonly Derivation[] {
  const catalog = { tables: [teams, ...tables] } as unknown as Catalog
  const config = resolveConfig({ root: { table: 'teams' }, ...more })
  return planDerivations({ catalog, config, root, tables })
}

const told = (derivations: readonly Derivation[]): readonly string[] =>
  derivations.map(({ path, compared }) =>
    [path, ...compared.map((edge) => `= ${edge.constraint ?? edge.columns[0]}`)].join(' '),
  )

describe('planDerivations', () => {
  it('takes the shortest way that is never null, and compares the others', () => {
    const tables = [
      table('projects', ['team', 'teams']),
      table('milestones', ['project', 'projects']),
      table('tasks', ['milestone', 'milestones'], ['project', 'projects'], ['reviewers', 'teams', 'optional']),
    ]
    expect(told(derive(tables))).toEqual([
      'projects.team',
      'milestones.project > projects.team',
      'tasks.project > projects.team = tasks_milestone_fkey = tasks_reviewers_fkey',
    ])
  })

  it('lets one nullable way stand in for another', () => {
    const tables = [
      table('projects', ['team', 'teams']),
      table('tasks', ['project', 'projects']),
      table('files', ['task', 'tasks', 'optional'], ['project', 'projects', 'optional']),
    ]
    expect(told(derive(tables)).at(-1)).toBe(
      'files.project > projects.team, else files.task > tasks.project > projects.team',
    )
  })

  it('cuts cycles, and compares what closes them', () => {
    const tables = [
      table('threads', ['team', 'teams'], ['first_message', 'messages', 'optional']),
      table('messages', ['thread', 'threads'], ['answer_to', 'messages', 'optional']),
    ]
    expect(told(derive(tables))).toEqual([
      'threads.team = threads_first_message_fkey',
      'messages.thread > threads.team = messages_answer_to_fkey',
    ])
  })

  it('orders a table after those that it takes its organization from, whatever their names', () => {
    const tables = [table('a', ['b', 'b']), table('b', ['c', 'c']), table('c', ['team', 'teams'])]
    expect(derive(tables).map((one) => one.table.name)).toEqual(['c', 'b', 'a'])
  })

  it('finds no way in a cycle that never leaves it, and says so', () => {
    const tables = [table('a', ['b', 'b']), table('b', ['a', 'a'])]
    expect(() => derive(tables)).toThrowError(
      expect.objectContaining({ code: 'ORGANIZATION_UNREACHABLE', details: { tables: ['a', 'b'] } }),
    )
  })

  it('gives all rows of a table to the default organization when the configuration says so', () => {
    const given: PartywallConfig = {
      defaultOrganization: { id: '1' },
      organizationFrom: { settings: 'default-organization' },
    }
    expect(told(derive([table('settings')], given))).toEqual(['the default organization'])
  })

  it.each<[string, PartywallConfig]>([
    ['a column that is not there', { organizationFrom: { projects: { column: 'nothing' } } }],
    ['a foreign key that is not there', { organizationFrom: { projects: { foreignKey: 'nothing' } } }],
    ['the root', { organizationFrom: { teams: { column: 'id' } } }],
  ])('refuses a way by %s', (_what, given) => {
    expect(() => derive([table('projects', ['team', 'teams'])], given)).toThrowError(
      expect.objectContaining({ code: 'CONFIGURATION_INVALID' }),
    )
  })

  it('refuses a tenant column that may be null', () => {
    const tables = [table('projects', ['team', 'teams', 'optional'])]
    expect(() => derive(tables, { tenantColumn: 'team' })).toThrowError(
      expect.objectContaining({ code: 'TENANT_COLUMN_TAKEN' }),
    )
  })

  it('settles a thousand tables at once', () => {
    const tables = Array.from({ length: 1000 }, (_, at) =>
      table(`t${at}`, at === 0 ? ['team', 'teams'] : ['parent', `t${Math.floor((at - 1) / 3)}`]),
    )
    expect(derive(tables)).toHaveLength(1000)
  })
})
