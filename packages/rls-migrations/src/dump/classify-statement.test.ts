import { describe, expect, it } from 'vitest'
import { classifyStatement } from './classify-statement.ts'

const plan = (text: string): ReturnType<typeof classifyStatement> => classifyStatement(text, false)

describe('classifyStatement', () => {
  it.each([
    ['ALTER TABLE public.customers OWNER TO shop', 'owner-not-applied'],
    ['ALTER FUNCTION public.f(a integer, b text) OWNER TO "Shop Owner"', 'owner-not-applied'],
    ['ALTER SERVER elsewhere OWNER TO postgres', 'owner-not-applied'],
    ['ALTER EVENT TRIGGER guard OWNER TO postgres', 'owner-not-applied'],
    ['ALTER LARGE OBJECT 4242 OWNER TO shop', 'owner-not-applied'],
    ["SET SESSION AUTHORIZATION 'shop'", 'session-role-not-applied'],
    ['SET ROLE postgres', 'session-role-not-applied'],
    ['/* sneaky */ set /* more */ local role postgres', 'session-role-not-applied'],
    ['RESET SESSION AUTHORIZATION', 'session-role-not-applied'],
    ["CREATE ROLE app LOGIN PASSWORD 'secret'", 'role-definition-skipped'],
    ["ALTER USER app PASSWORD 'secret'", 'role-definition-skipped'],
    ['DROP DATABASE IF EXISTS chinook', 'database-skipped'],
    ['CREATE DATABASE chinook', 'database-skipped'],
    ['GRANT CONNECT ON DATABASE shop TO app', 'database-skipped'],
    ["CREATE SUBSCRIPTION s CONNECTION 'host=x' PUBLICATION p", 'subscription-skipped'],
    ["CREATE USER MAPPING FOR app SERVER s OPTIONS (password 'secret')", 'foreign-access-skipped'],
    ["SET default_tablespace = 'fast'", 'tablespace-skipped'],
    ['ALTER TABLE t SET TABLESPACE fast', 'tablespace-skipped'],
    ['ALTER EVENT TRIGGER guard ENABLE ALWAYS', 'event-trigger-disabled'],
    ["ALTER SYSTEM SET archive_command = 'rm'", 'system-skipped'],
    ['create --\r role evil superuser in role --\n extension', 'role-definition-skipped'],
    ["LOAD 'evil'", 'system-skipped'],
    ['CREATE LANGUAGE evil HANDLER public.f', 'system-skipped'],
  ])('leaves out %s', (text, note) => {
    expect(plan(text)).toMatchObject({ action: 'skip', note })
  })

  it.each([
    'CREATE EXTENSION IF NOT EXISTS pgcrypto WITH SCHEMA public',
    "COMMENT ON EXTENSION pgcrypto IS 'x'",
    'CREATE EVENT TRIGGER guard ON ddl_command_end EXECUTE FUNCTION public.f()',
    'CREATE OR REPLACE PROCEDURAL LANGUAGE plperl',
    'CREATE PUBLICATION everything FOR ALL TABLES',
    'GRANT USAGE ON FOREIGN SERVER s TO app',
  ])('lets the administrator step in for %s', (text) => {
    expect(plan(text).action).toBe('administrator')
  })

  it.each([
    'GRANT EXECUTE ON FUNCTION pg_catalog.lo_export(oid, text) TO app',
    "CREATE FUNCTION f() RETURNS int LANGUAGE c AS 'libc', 'system'",
    'ALTER EXTENSION x ADD FUNCTION f()',
    "DO $$ begin execute 'create role x superuser'; end $$",
    'create\u00a0extension evil',
    'CREATE CAST (text AS integer) WITH FUNCTION f(text)',
  ])('never lets the administrator step in for %s', (text) => {
    expect(plan(text).action).toBe('run')
  })

  it.each([
    ["COPY t FROM PROGRAM 'id'", false],
    ["COPY t FROM '/etc/passwd'", false],
    ["COPY t TO '/tmp/x'", false],
    ['COPY t TO stdout', false],
  ])('refuses %s', (text, stdin) => {
    expect(classifyStatement(text, stdin).action).toBe('refuse')
  })

  it.each([
    ['GRANT SELECT ON TABLE public.t TO app, "Shop App", PUBLIC, CURRENT_USER WITH GRANT OPTION', ['app', 'Shop App']],
    ['GRANT SELECT("to"), UPDATE(a) ON TABLE t TO GROUP app GRANTED BY owner', ['app']],
    ['REVOKE ALL ON FUNCTION f(a integer, b text) FROM app CASCADE', ['app']],
    ['REVOKE GRANT OPTION FOR SELECT ON t FROM app', ['app']],
    ['CREATE POLICY p ON t FOR SELECT TO app, bi USING ((a IN (SELECT x FROM y)))', ['app', 'bi']],
    ['CREATE POLICY p ON t USING (true)', []],
    ['ALTER POLICY p ON t TO app', ['app']],
    ['ALTER POLICY p ON t RENAME TO q', []],
  ])('finds the roles of %s', (text, roles) => {
    expect(plan(text)).toMatchObject({ action: 'run', roles })
  })

  it('drops the grantor, who would have to run the statement', () => {
    expect(plan('GRANT SELECT ON t TO app GRANTED BY shop')).toMatchObject({ sql: 'GRANT SELECT ON t TO app ' })
  })

  it('tells membership from privileges', () => {
    expect(plan('GRANT readers, "W" TO app WITH ADMIN OPTION GRANTED BY postgres')).toEqual({
      action: 'membership',
      granted: ['readers', 'W'],
      members: ['app'],
    })
  })

  it('gives default privileges to the loading owner', () => {
    expect(plan('ALTER DEFAULT PRIVILEGES FOR ROLE shop, "B" IN SCHEMA public GRANT SELECT ON TABLES  TO app')).toEqual(
      {
        action: 'default-privileges',
        owners: ['shop', 'B'],
        roles: ['app'],
        ownSql: 'ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES  TO app',
      },
    )
    expect(plan('ALTER DEFAULT PRIVILEGES FOR ROLE shop REVOKE ALL ON FUNCTIONS  FROM PUBLIC')).toMatchObject({
      roles: [],
      ownSql: 'ALTER DEFAULT PRIVILEGES REVOKE ALL ON FUNCTIONS  FROM PUBLIC',
    })
  })

  it.each([
    ['CREATE SCHEMA sales AUTHORIZATION shop', 'CREATE SCHEMA sales '],
    ['CREATE SCHEMA IF NOT EXISTS sales AUTHORIZATION shop', 'CREATE SCHEMA IF NOT EXISTS sales '],
    ['CREATE SCHEMA AUTHORIZATION shop', 'CREATE SCHEMA shop'],
  ])('takes the owner out of %s', (text, sql) => {
    expect(plan(text)).toMatchObject({ action: 'run', sql })
  })

  it.each([
    ["SET client_encoding = 'LATIN1'", 'LATIN1'],
    ['set names latin9', 'latin9'],
    ["SET SESSION client_encoding TO E'UTF8'", 'UTF8'],
  ])('reads the encoding of %s', (text, name) => {
    expect(plan(text)).toEqual({ action: 'encoding', name })
  })

  it('tolerates settings that the server does not have', () => {
    expect(plan('SET transaction_timeout = 0')).toMatchObject({
      tolerates: { note: 'setting-skipped', name: 'transaction_timeout' },
    })
    expect(plan("SET SESSION my.setting TO 'x'")).toMatchObject({ tolerates: { name: 'my.setting' } })
  })

  it('follows transactions', () => {
    expect(
      ['BEGIN', 'START TRANSACTION READ WRITE', 'COMMIT', 'END', 'ROLLBACK', 'ROLLBACK TO a'].map(
        (text) => plan(text).action,
      ),
    ).toEqual(['begin', 'begin', 'end', 'end', 'end', 'run'])
  })

  it('tells rows and tables from the rest', () => {
    expect(plan('INSERT INTO t VALUES (1)').action).toBe('insert')
    expect(plan('CREATE UNLOGGED TABLE t ()')).toMatchObject({ createsTable: true })
    expect(plan('CREATE VIEW v AS SELECT 1')).toEqual({ action: 'run' })
    expect(plan('SET CONSTRAINTS ALL DEFERRED')).toEqual({ action: 'run' })
  })
})
