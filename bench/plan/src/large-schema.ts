/** A schema as large services have it: many tables, each with keys, indexes, references, grants; views, triggers, partitions. */
export function largeSchema(tables: number): readonly string[] {
  return [
    "create type state as enum ('new', 'done')",
    'create function touch() returns trigger language plpgsql as $$ begin new.changed_at := now(); return new; end $$',
    ...Array.from({ length: tables }, (_, at) => tableStatements(at)).flat(),
  ]
}

const PARTITIONS = 6

function tableStatements(at: number): readonly string[] {
  const name = `table_${at}`
  const isPartitioned = at % 50 === 49
  const columns = [
    `id bigint generated always as identity${isPartitioned ? '' : ' primary key'}`,
    'code text not null',
    "state state not null default 'new'",
    'payload jsonb',
    'changed_at timestamptz not null default now()',
    ...parentsOf(at).map((parent, nth) => `parent_${nth} bigint references table_${parent}`),
    isPartitioned ? 'primary key (id, changed_at)' : `constraint ${name}_code_key unique (code)`,
  ]
  return [
    `create table ${name} (${columns.join(', ')})${isPartitioned ? ' partition by range (changed_at)' : ''}`,
    ...(isPartitioned ? partitionStatements(name) : []),
    `create index ${name}_changed_idx on ${name} (changed_at desc, state)`,
    `grant select, insert on ${name} to pg_monitor`,
    ...(at % 10 === 0
      ? [
          `create view view_${at} as select id, code from ${name} where state = 'done'`,
          `create trigger touch before update on ${name} for each row execute function touch()`,
        ]
      : []),
  ]
}

function partitionStatements(name: string): readonly string[] {
  return Array.from(
    { length: PARTITIONS },
    (_, at) =>
      `create table ${name}_p${at} partition of ${name} for values from ('${2020 + at}-01-01') to ('${2021 + at}-01-01')`,
  )
}

/** Three earlier tables, near and far. Partitioned ones are referenced by none: their key has two columns. */
function parentsOf(at: number): readonly number[] {
  return [at - 1, Math.floor(at / 2), Math.floor(at / 7)].filter(
    (parent, nth, all) => parent >= 0 && parent < at && parent % 50 !== 49 && all.indexOf(parent) === nth,
  )
}
