/** Tables with a key, a unique text, an enum, a checked number and a reference to one table before; every tenth has a view and a function. */
export function manyTables(count: number): readonly string[] {
  return [
    "create type state as enum ('new', 'done')",
    ...Array.from({ length: count }, (_, at) => statementsOf(at)).flat(),
  ]
}

function statementsOf(at: number): readonly string[] {
  const parent = at === 0 ? '' : `, parent bigint references table_${Math.floor((at - 1) / 3)} on delete cascade`
  return [
    `create table table_${at} (id bigint generated always as identity primary key, code text not null unique, state state not null default 'new', amount int check (amount > 0)${parent})`,
    `insert into table_${at} (code, amount) select 'code ' || n, n from generate_series(1, 20) n`,
    ...(at % 10 === 0
      ? [
          `create view view_${at} as select id, code from table_${at} where state = 'done'`,
          `create function code_of_${at}(wanted bigint) returns text language sql stable as 'select code from public.table_${at} where id = wanted'`,
        ]
      : []),
  ]
}
