/** What the loader left out, changed or added. Each is a kind of thing, said once. */
export const dumpNoteMessages = {
  'administrator-needed':
    'Statements that only an administrator may run were left out: no administrator URL was given.',
  'comment-skipped': "Comments on what was left out, or is not the owner's, were left out.",
  'database-skipped': 'Statements about databases were left out: the dump is loaded into the database of the target.',
  'encoding-assumed': 'The dump names no encoding and is not UTF-8; its statements were read as Latin 1.',
  'event-trigger-disabled':
    'Event triggers were created disabled: enabled, they would run code of the dump for an administrator.',
  'extension-unavailable': 'Extensions that this server does not have were left out.',
  'foreign-access-skipped':
    'User mappings and foreign data wrappers were left out: nothing outside this database is reached.',
  'owner-not-applied': 'Ownership was not applied: everything belongs to the loading owner.',
  'privilege-skipped': 'Grants that the loading owner may not give were left out.',
  'psql-command-skipped': 'Commands of psql that load nothing were left out.',
  'ran-as-administrator': 'Statements that need an administrator were run through the administrator URL.',
  'role-created': 'Roles that the dump names were created without login.',
  'role-definition-skipped':
    'Definitions of roles were left out; roles that hold privileges are created without login.',
  'role-missing': 'Statements that name roles this server does not have were left out.',
  'schema-exists': 'Schemas that exist already were kept.',
  'session-role-not-applied': 'Changes of the session role were left out: everything is loaded as the owner.',
  'setting-skipped': 'Settings that this server does not have, or does not let the owner change, were left out.',
  'subscription-skipped': 'Subscriptions were left out: they would connect to another server.',
  'system-skipped': 'Statements about the server as a whole were left out.',
  'tablespace-skipped': 'Tablespaces were left out: everything is in the default one.',
  'nothing-to-drop': 'Drops of what does not exist were left out.',
  'trigger-state-skipped': 'Constraint triggers were left enabled: only an administrator may disable them.',
} as const

export type DumpNoteCode = keyof typeof dumpNoteMessages

/** One kind of thing that the loader left out, changed or added. */
export interface DumpNote {
  readonly code: DumpNoteCode
  readonly message: string
  /** How many statements it concerns. */
  readonly count: number
  /** The line of the first of them. */
  readonly line: number
  /** The roles, extensions, settings or commands concerned, at most 50, in the order of the dump. */
  readonly names: readonly string[]
}

const MAX_NAMES = 50
const OMISSIONS: readonly DumpNoteCode[] = [
  'administrator-needed',
  'extension-unavailable',
  'foreign-access-skipped',
  'role-missing',
]

/** Collects notes: a dump of thousands of tables has thousands of OWNER TO, and one note about them. */
export class DumpNotes {
  readonly #notes = new Map<DumpNoteCode, { count: number; line: number; names: Set<string> }>()

  add(code: DumpNoteCode, line: number, name?: string): void {
    const note = this.#notes.get(code) ?? { count: 0, line, names: new Set<string>() }
    note.count += 1
    if (name !== undefined && note.names.size < MAX_NAMES) note.names.add(name)
    this.#notes.set(code, note)
  }

  names(code: DumpNoteCode): readonly string[] {
    return [...(this.#notes.get(code)?.names ?? [])]
  }

  /** Whether something was left out that later statements may stand on. */
  get omitsObjects(): boolean {
    return OMISSIONS.some((code) => this.#notes.has(code))
  }

  list(): DumpNote[] {
    return [...this.#notes].map(([code, { count, line, names }]) => ({
      code,
      message: dumpNoteMessages[code],
      count,
      line,
      names: [...names],
    }))
  }
}
