import { describe, expect, it } from 'vitest'
import { convert, createOwnedDatabase, query } from '../test/owned-database.ts'
import { roundTrip } from '../test/round-trip.ts'
import type { PartywallConfig } from './config/conversion-config.ts'
import { verifyDatabase } from './verify/verify-database.ts'

/** A service that has teams already. */
const planner = `
create table teams (id bigint generated always as identity primary key, name text not null, slug text unique);
create table users (id serial primary key, email text not null unique);
create table labels (id serial primary key, name text not null);
create table projects (id bigserial primary key, team_id bigint not null references teams on delete cascade, name text not null, unique (team_id, name));
create table tasks (id serial primary key, project_id bigint not null references projects on delete cascade, parent_id int references tasks, author int references users, title text not null);
create table comments (id serial primary key, task_id int references tasks, project_id bigint references projects, body text not null);
create table task_labels (task_id int not null references tasks, label_id int not null references labels, primary key (task_id, label_id));
create index on tasks (title);
insert into teams (name, slug) values ('Red', 'red'), ('Blue', 'Not a slug'), ('Green', null);
insert into users (email) values ('a@x.io'), ('b@x.io');
insert into labels (name) values ('bug'), ('idea');
insert into projects (team_id, name) select 1 + n % 3, 'project ' || n from generate_series(1, 30) n;
insert into tasks (project_id, author, title) select 1 + n % 30, 1 + n % 2, 'task ' || n from generate_series(1, 3000) n;
update tasks set parent_id = id - 30 where id > 30;
insert into comments (task_id, project_id, body) select case when n % 2 = 0 then n end, case when n % 2 = 1 then 1 + n % 30 end, 'comment ' || n from generate_series(1, 2000) n;
insert into task_labels select n, 1 + n % 2 from generate_series(1, 1000) n;
`

const config: PartywallConfig = { root: { table: 'teams', name: 'name', slug: 'slug' }, tables: { shared: ['labels'] } }

/** Rows of each table whose organization is not the team that the host's own keys lead to. */
const wrong = `
select (select count(*) from projects where org_id is distinct from team_id)
  + (select count(*) from tasks t join projects p on p.id = t.project_id where t.org_id is distinct from p.team_id)
  + (select count(*) from comments c left join tasks t on t.id = c.task_id join projects p on p.id in (c.project_id, t.project_id) where c.org_id is distinct from p.team_id)
  + (select count(*) from task_labels l join tasks t on t.id = l.task_id join projects p on p.id = t.project_id where l.org_id is distinct from p.team_id) as wrong`

describe('an adopted root', () => {
  it('rolls back from each phase to the very schema of the one before', async () => {
    await using database = await createOwnedDatabase({ text: planner })
    await roundTrip(database, config)
  })

  it('gives each row the organization that the foreign keys lead to, and is proved', async () => {
    await using database = await createOwnedDatabase({ text: planner })
    const { session, plan } = await convert(database, 'enforce', config)
    expect(await query(database.adminUrl, wrong)).toEqual([{ wrong: '0' }])
    const organizations = 'select id::int, name, slug from partywall.organizations order by id'
    expect(await query(database.adminUrl, organizations)).toEqual([
      { id: 1, name: 'Red', slug: 'red' },
      { id: 2, name: 'Blue', slug: '2' },
      { id: 3, name: 'Green', slug: '3' },
    ])
    const report = await verifyDatabase({ session, plan, phase: 'enforce' })
    expect(report.crossings).toEqual([])
    expect(report.staticOnly).toEqual([])
    await session.close()
  })
})
