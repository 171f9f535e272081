import { isUtf8 } from 'node:buffer'
import { quoteIdentifier } from '../sql/identifier.ts'
import { classifyStatement } from './classify-statement.ts'
import { copyWithEncoding, dumpEncoding, textEncoding, unknownEncoding, type DumpEncoding } from './client-encoding.ts'
import { CopyBlock } from './copy-block.ts'
import { dumpFailed, dumpMisencoded, dumpUnsupported, sqlStateOf } from './dump-error.ts'
import { DumpNotes, type DumpNote } from './dump-notes.ts'
import { InsertBatch } from './insert-batch.ts'
import type { LoadSession } from './load-session.ts'
import { classifyPsqlCommand } from './psql-command.ts'
import { RoleCreation } from './role-creation.ts'
import { sqlTokens } from './sql-tokens.ts'
import type { StatementPlan, Tolerance } from './statement-plan.ts'
import type { DumpPiece } from './statement-splitter.ts'

interface Statement {
  readonly text: string
  readonly line: number
}

type PlanOf<Action extends StatementPlan['action']> = Extract<StatementPlan, { action: Action }>

/**
 * Whatever the new trigger is called: it runs a function of the dump for everybody who changes the schema, an
 * administrator as well. Functions of extensions belong to no dump.
 */
const DISABLE_EVENT_TRIGGERS = `
  do $$
  declare
    trigger_name text;
  begin
    for trigger_name in
      select e.evtname
      from pg_catalog.pg_event_trigger e
      where e.evtenabled <> 'D'
        and not exists (
          select from pg_catalog.pg_depend d
          where d.classid = 'pg_catalog.pg_proc'::regclass and d.objid = e.evtfoid and d.deptype = 'e')
    loop
      execute pg_catalog.format('alter event trigger %I disable', trigger_name);
    end loop;
  end
  $$`

/** Runs the pieces of a dump, one after another. */
export class DumpLoader {
  readonly #session: LoadSession
  readonly #notes = new DumpNotes()
  readonly #roles: RoleCreation
  readonly #inserts: InsertBatch
  readonly #isText: boolean
  #encoding: DumpEncoding
  #copy: CopyBlock | undefined
  #statements = 0
  #copiedRows = 0
  #tables = 0
  /** The database that psql would be connected to, and the one whose tables were loaded. */
  #database: string | null = null
  #loadedDatabase: string | null | undefined

  constructor(session: LoadSession, isText: boolean) {
    this.#session = session
    this.#roles = new RoleCreation(session, this.#notes)
    this.#inserts = new InsertBatch(session)
    this.#isText = isText
    this.#encoding = isText ? textEncoding : unknownEncoding
  }

  /** Takes the next piece; returns when the server has taken it. */
  async take(piece: DumpPiece): Promise<void> {
    switch (piece.kind) {
      case 'statement':
        return await this.#statement(piece)
      case 'copy-data':
        return await this.#copyData(piece.bytes)
      case 'copy-end':
        return await this.#copyEnd()
      case 'psql-command':
        return this.#psqlCommand(piece)
    }
  }

  /** Sends what still waits. */
  async finish(): Promise<void> {
    await this.#inserts.flush()
    // psql, too, ends without a COMMIT that the dump does not have; here that would be an empty database and no error.
    if (this.#session.inTransaction)
      throw dumpUnsupported(1, 'The dump opens a transaction and does not commit it. Add COMMIT at its end.')
  }

  counts(): { statements: number; copiedRows: number; tables: number; notes: DumpNote[] } {
    return {
      statements: this.#statements,
      copiedRows: this.#copiedRows,
      tables: this.#tables,
      notes: this.#notes.list(),
    }
  }

  async #statement(piece: Extract<DumpPiece, { kind: 'statement' }>): Promise<void> {
    const statement = { text: this.#decode(piece.bytes, piece.line), line: piece.line }
    const plan = classifyStatement(statement.text, piece.copiesFromStdin)
    if (plan.action === 'insert') {
      this.#checkDatabase(statement.line)
      this.#statements += 1
      return await this.#inserts.add(statement)
    }
    await this.#inserts.flush()
    try {
      await this.#execute(plan, statement)
    } catch (error) {
      throw sqlStateOf(error) === undefined ? error : this.#failure(error, statement)
    }
  }

  async #execute(plan: Exclude<StatementPlan, { action: 'insert' }>, statement: Statement): Promise<void> {
    switch (plan.action) {
      case 'run':
        return await this.#run(plan, statement)
      case 'copy':
        return this.#copyBegin(statement)
      case 'begin':
      case 'end':
        await this.#session.owner.query(statement.text)
        this.#session.inTransaction = plan.action === 'begin' || / and chain$/i.test(statement.text)
        this.#statements += 1
        return
      case 'encoding':
        return this.#useEncoding(plan.name, statement.line)
      case 'administrator':
        return await this.#administrator(plan, statement)
      case 'membership':
        return await this.#roles.grantMembership(plan.granted, plan.members, statement.line)
      case 'default-privileges':
        return await this.#defaultPrivileges(plan, statement)
      case 'skip':
        return this.#notes.add(plan.note, statement.line, plan.name)
      case 'refuse':
        throw dumpUnsupported(statement.line, plan.reason)
    }
  }

  async #run(plan: PlanOf<'run'>, statement: Statement): Promise<void> {
    if (plan.createsTable === true) this.#checkDatabase(statement.line)
    if (plan.roles !== undefined && !(await this.#roles.ensure(plan.roles, statement.line))) return
    const sql = plan.sql ?? statement.text
    if (plan.tolerates === undefined) await this.#session.owner.query(sql)
    else if (!(await this.#tolerant(sql, plan.tolerates, statement.line))) return
    if (this.#session.takeRefusedGrants() > 0) this.#notes.add('privilege-skipped', statement.line)
    this.#statements += 1
    if (plan.createsTable === true) this.#tables += 1
  }

  /** False, and a note, when the server refuses with an expected error. */
  async #tolerant(sql: string, tolerance: Tolerance, line: number): Promise<boolean> {
    const { error } = await this.#session.attempt(sql)
    if (error === undefined) return true
    this.#tolerate(error, tolerance, line)
    return false
  }

  #tolerate(error: unknown, tolerance: Tolerance | undefined, line: number): void {
    const sqlState = sqlStateOf(error) ?? ''
    const expected = tolerance?.sqlStates.includes('*') === true || tolerance?.sqlStates.includes(sqlState) === true
    const follows = this.#notes.omitsObjects && tolerance?.afterOmission?.includes(sqlState) === true
    if (tolerance === undefined || !(expected || follows)) throw error
    this.#notes.add(tolerance.note, line, tolerance.name)
  }

  async #administrator(plan: PlanOf<'administrator'>, statement: Statement): Promise<void> {
    if (plan.roles !== undefined && !(await this.#roles.ensure(plan.roles, statement.line))) return
    const sql = plan.sql ?? statement.text
    const { error } = await this.#session.attempt(sql)
    if (error === undefined) {
      this.#statements += 1
      return
    }
    if (sqlStateOf(error) !== '42501') return this.#tolerate(error, plan.tolerates, statement.line)
    if (!this.#session.hasAdministrator) return this.#notes.add('administrator-needed', statement.line, plan.name)
    try {
      await this.#session.asAdministrator(sql, ...this.#sequel(plan, statement))
    } catch (error) {
      return this.#tolerate(error, plan.tolerates, statement.line)
    }
    this.#statements += 1
    this.#notes.add(
      plan.sequel === 'disable-event-trigger' ? 'event-trigger-disabled' : 'ran-as-administrator',
      statement.line,
      plan.name,
    )
  }

  #sequel(plan: PlanOf<'administrator'>, statement: Statement): string[] {
    if (plan.sequel === undefined) return []
    if (plan.sequel === 'disable-event-trigger') return [DISABLE_EVENT_TRIGGERS]
    const words = [...sqlTokens(statement.text)].filter(
      ({ kind, text }) => kind === 'quoted' || !['if', 'not', 'exists'].includes(text),
    )
    const server = quoteIdentifier(words[2]?.text ?? '')
    return [`grant usage on foreign server ${server} to ${quoteIdentifier(this.#session.ownerName)} with grant option`]
  }

  async #defaultPrivileges(plan: PlanOf<'default-privileges'>, statement: Statement): Promise<void> {
    const owners = this.#notes.names('owner-not-applied')
    const foreign = plan.owners.filter((role) => owners.length > 0 && !owners.includes(role))
    if (foreign.length > 0)
      return this.#notes.add('privilege-skipped', statement.line, `default privileges for ${foreign.join(', ')}`)
    await this.#run({ action: 'run', sql: plan.ownSql, roles: plan.roles }, statement)
  }

  #copyBegin(statement: Statement): void {
    this.#checkDatabase(statement.line)
    const lines = statement.text.split('\n').length - 1
    const sql = copyWithEncoding(statement.text, this.#encoding)
    this.#copy = new CopyBlock(this.#session.owner, { text: statement.text, sql, line: statement.line + lines })
  }

  async #copyData(bytes: Buffer): Promise<void> {
    await this.#copyStep((copy) => copy.write(bytes))
  }

  async #copyEnd(): Promise<void> {
    await this.#copyStep(async (copy) => {
      this.#copiedRows += await copy.end()
      this.#statements += 1
    })
    this.#copy = undefined
  }

  async #copyStep(step: (copy: CopyBlock) => Promise<void>): Promise<void> {
    const copy = this.#copy
    if (copy === undefined) throw new Error('COPY data without a COPY')
    try {
      await step(copy)
    } catch (error) {
      throw sqlStateOf(error) === undefined ? error : this.#failure(error, copy)
    }
  }

  #psqlCommand(piece: Extract<DumpPiece, { kind: 'psql-command' }>): void {
    const command = classifyPsqlCommand(piece.text)
    if (command.action === 'refuse') throw dumpUnsupported(piece.line, command.reason)
    if (piece.insideStatement)
      throw dumpUnsupported(
        piece.line,
        `The psql command ${piece.text.slice(0, 20)} stands inside a statement. End the statement with a semicolon.`,
      )
    if (command.action === 'encoding') return this.#useEncoding(command.name, piece.line)
    if (command.action === 'connect') this.#database = command.database ?? this.#database
    this.#notes.add('psql-command-skipped', piece.line, command.action === 'connect' ? '\\connect' : command.name)
  }

  #useEncoding(name: string, line: number): void {
    if (!this.#isText) this.#encoding = dumpEncoding(name, line)
  }

  #decode(bytes: Buffer, line: number): string {
    const text = this.#encoding.decode(bytes)
    if (text === null) throw dumpMisencoded(line, this.#encoding.name)
    if (this.#encoding === unknownEncoding && !isUtf8(bytes)) this.#notes.add('encoding-assumed', line)
    return text
  }

  /** Output of pg_dumpall holds several databases; into one they cannot be loaded. */
  #checkDatabase(line: number): void {
    if (this.#loadedDatabase === undefined) this.#loadedDatabase = this.#database
    if (this.#loadedDatabase === this.#database) return
    throw dumpUnsupported(
      line,
      `The dump holds several databases, "${this.#loadedDatabase}" and "${this.#database}". Dump one of them with pg_dump.`,
    )
  }

  #failure(error: unknown, statement: Statement): Error {
    const missing = this.#notes.names('extension-unavailable')
    const hint = missing.length > 0 ? `This server does not have the extension ${missing.join(', ')}.` : undefined
    return dumpFailed(error, { ...statement, hint })
  }
}
