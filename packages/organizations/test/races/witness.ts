/** What is watched, and the trigger of the witness on each. */
const watched = ['organizations', 'memberships', 'roles', 'invitations', 'api_keys', 'outbox']

/**
 * Writes down what each transaction of an interleaving changed, at its end: triggers that are deferred run when it
 * commits, with its locks still held. Of two transactions that wait for each other the order in the log is that of their
 * commits. The witness itself locks nothing that two transactions share, and so hides no lack of a lock.
 */
export const witness: string = `
  create schema races;
  grant usage on schema races to public;
  create unlogged table races.log (
    seq bigint generated always as identity,
    interleaving integer not null,
    session integer not null,
    relation text not null,
    before jsonb,
    after jsonb
  );
  create index on races.log (interleaving);
  create function races.testify() returns trigger language plpgsql security definer as $function$
  declare
    label text := current_setting('races.label', true);
  begin
    if coalesce(label, '') <> '' then
      insert into races.log (interleaving, session, relation, before, after)
      values (split_part(label, '.', 1)::integer, split_part(label, '.', 2)::integer, tg_table_name,
        case when tg_op <> 'INSERT' then to_jsonb(old) end, case when tg_op <> 'DELETE' then to_jsonb(new) end);
    end if;
    return null;
  end
  $function$;
  ${watched
    .map(
      (table) => `create constraint trigger testify after insert or update or delete on partywall.${table}
        deferrable initially deferred for each row execute function races.testify();`,
    )
    .join('\n')}`

/** One change of a committed transaction. */
export interface Testimony {
  readonly seq: string
  readonly interleaving: number
  readonly session: number
  readonly relation: string
  readonly before: Readonly<Record<string, unknown>> | null
  readonly after: Readonly<Record<string, unknown>> | null
}

export const readTestimony = `
  delete from races.log where interleaving = any ($1) returning seq::text, interleaving, session, relation, before, after`
